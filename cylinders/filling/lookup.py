"""Which cylinders a station means: by the URLs of their labels or by their registration codes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from config.codes import normalise
from config.errors import RuleBroken
from cylinders.enums import CylinderState
from cylinders.identity import label_of
from cylinders.models import Cylinder


def cylinders_of(references: Iterable[str]) -> dict[str, Cylinder]:
    """Reference as sent -> cylinder, in one query; unknown ones are left out.

    A label that was on a scrapped cylinder and is on another one now means the other one.
    """
    labels, codes = {}, {}
    for reference in references:
        label = _label(reference)
        if label:
            labels[reference] = label
        else:
            codes[reference] = "".join(normalise(reference).split()).upper()
    named = Q(qr_url__in=set(labels.values())) | Q(registration_code__in=set(codes.values()))
    by_label: dict[str, Cylinder] = {}
    by_code: dict[str, Cylinder] = {}
    for one in Cylinder.objects.filter(named).select_related("kind").order_by("id"):
        by_code[one.registration_code] = one
        known = by_label.get(one.qr_url)
        if known is None or known.state == CylinderState.SCRAPPED:
            by_label[one.qr_url] = one
    found = {sent: by_label[label] for sent, label in labels.items() if label in by_label}
    return found | {sent: by_code[code] for sent, code in codes.items() if code in by_code}


def _label(reference: str) -> str:
    """The stored form of a label's URL; "" for what is no URL (then it is a registration code)."""
    try:
        return label_of(reference)
    except RuleBroken:
        return ""
