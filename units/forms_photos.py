"""Photographs in a form that works without scripts: a row of file inputs, each with its uuid."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField


@dataclass(frozen=True)
class PhotoSlot:
    """One place for a photo: the file input and the uuid the picture gets if it is used."""

    number: int
    bound: BoundField
    uuid_name: str
    fresh_uuid: str


class PhotoSlotsForm(forms.Form):
    """A form with the inputs photo_1, photo_2, …; the pictures are judged when they are stored."""

    photo_slots = 4
    photo_label = "照片"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, self.photo_slots + 1):
            self.fields[f"photo_{number}"] = forms.FileField(
                label=f"{self.photo_label} {number}", required=False, allow_empty_file=True
            )

    def slots(self) -> Iterator[PhotoSlot]:
        """The photo inputs; a page that comes back offers fresh ones (browsers empty them)."""
        for number in range(1, self.photo_slots + 1):
            name = f"photo_{number}"
            yield PhotoSlot(number, self[name], f"{name}_uuid", str(uuid.uuid4()))

    def uploads(self) -> Iterator[tuple[str, Any, str]]:
        """(field name, uploaded file, uuid made with the form) of every filled slot."""
        for number in range(1, self.photo_slots + 1):
            name = f"photo_{number}"
            upload = self.files.get(name)
            if upload is not None:
                yield name, upload, self.data.get(f"{name}_uuid") or str(uuid.uuid4())
