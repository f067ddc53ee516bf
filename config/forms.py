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


class FilterForm(forms.Form):
    """The filter bar of a list: what is not understood asks for nothing, and is said beside its
    field."""

    def asked(self) -> Any:
        """What was asked for by the names of the fields, wrong and empty values left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def attempt(form: forms.BaseForm, action: Callable[[], Any]) -> Any:
    """Run an action in a savepoint if `form` is valid; return its result.

    None when it is not, or when the rules refuse: a RuleBroken becomes an error of `broken.field`
    (or of the whole form), so that the page comes back with everything typed still in it. Nothing
    of a refused action stays written. Files that an earlier try left are used up with the action.
    """
    if not form.is_valid():
        return None
    try:
        with transaction.atomic():
            result = action()
            use_up = getattr(form.files, "use_up", None)  # units.carried.FormFiles
            if use_up is not None:
                use_up()
            return result
    except RuleBroken as broken:
        field = broken.field if broken.field in form.fields else None
        form.add_error(field, forms.ValidationError(broken.message, code=broken.code))
        return None


def refused_status(form: forms.BaseForm, *conflicts: str) -> int:
    """409 where somebody else was first ("stale", or one of `conflicts`), 422 where something
    typed will not do."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 409 if codes & {"stale", *conflicts} else 422
