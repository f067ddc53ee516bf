"""Which cylinders a station means: by the URLs of their labels or by their registration codes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q

from config.codes import normalise
from config.errors import RuleBroken
from cylinders.enums import CylinderState
from cylinders.identity import label_of
from cylinders.models import Cylinder
from cylinders.queries_archive import REPLACED_LABEL


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
            codes[reference] = "".join(normalise(reference).split())
    # An old code that was kept stands as it was written; ours are capitals.
    written = {form for code in codes.values() for form in (code, code.upper())}
    named = Q(qr_url__in=set(labels.values())) | Q(registration_code__in=written)
    by_label: dict[str, Cylinder] = {}
    by_code: dict[str, Cylinder] = {}
    for one in Cylinder.objects.filter(named).select_related("kind").order_by("id"):
        by_code[one.registration_code] = one
        known = by_label.get(one.qr_url)
        if known is None or known.state == CylinderState.SCRAPPED:
            by_label[one.qr_url] = one
    found = {sent: by_label[label] for sent, label in labels.items() if label in by_label}
    for sent, code in codes.items():
        one = by_code.get(code) or by_code.get(code.upper())
        if one is not None:
            found[sent] = one
    return found


_REPLACED = """
    SELECT given.label FROM unnest(%s::text[]) AS given (label)
     WHERE EXISTS (SELECT FROM cylinders_cylinderevent e WHERE e.kind = 'changed'
                      AND e.before @> jsonb_build_object(%s::text, given.label))
"""


def replaced(references: Iterable[str]) -> set[str]:
    """Those of references that are labels which were taken off a cylinder (换码); to be asked of
    what `cylinders_of` does not know (one query, none for no label)."""
    labels = {reference: label for reference in references if (label := _label(reference))}
    if not labels:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_REPLACED, [list(set(labels.values())), REPLACED_LABEL])
        gone = {label for (label,) in cursor.fetchall()}
    return {reference for reference, label in labels.items() if label in gone}


def _label(reference: str) -> str:
    """The stored form of a label's URL; "" for what is no URL (then it is a registration code)."""
    try:
        return label_of(reference)
    except RuleBroken:
        return ""
