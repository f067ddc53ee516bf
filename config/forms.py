"""What every form shares: normalised text, and a rule's refusal shown beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction

from config.codes import normalise
from config.errors import RuleBroken


class TextField(forms.CharField):
    """A text input whose value is normalised (full-width digits and letters become half-width)."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return normalise(text) if text else text


def attempt(form: forms.BaseForm, action: Callable[[], Any]) -> Any:
    """Run an action in a savepoint; return its result, or None with the refusal put into `form`.

    The form must be bound and valid. A RuleBroken becomes an error of `broken.field` (or of the
    whole form) so that the page comes back with everything typed still in it; nothing of the
    refused action stays written.
    """
    try:
        with transaction.atomic():
            return action()
    except RuleBroken as broken:
        field = broken.field if broken.field in form.fields else None
        form.add_error(field, forms.ValidationError(broken.message, code=broken.code))
        return None
