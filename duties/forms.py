"""The forms of a round: what a page posts, in one shape for the script and for the long form.

Every item posts `<key>-base` (what the page was shown) and `<key>-<field>`; step 0 does the same
under the key "round". The script sends only the items that changed, the long form all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_datetime

from config.forms import TextField
from duties.answers import Base, Change, fields_of

KEY = re.compile(r"[\w.:~-]{1,60}", re.ASCII)
# File inputs an item has in the long form; more come with every 保存草稿.
PHOTO_SLOTS = (1, 2)


class MomentField(forms.CharField):
    """An ISO moment with its offset, as the device's clock gave it; anything else is no moment."""

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            moment = parse_datetime(text) if text else None
        except ValueError:
            return None
        return moment if moment is not None and moment.tzinfo is not None else None


class PageForm(forms.Form):
    """Which page a request comes from: its UUID, its checklist, its clock."""

    client_uuid = forms.UUIDField()
    version_hash = forms.RegexField(r"^[0-9a-f]{64}$")
    # Names the open page, so that its own earlier saves are never taken for somebody else's.
    tab = forms.RegexField(r"^[\w-]{0,40}$", required=False)
    seq = forms.IntegerField(min_value=0, required=False)
    device_started_at = MomentField(required=False)
    device_finished_at = MomentField(required=False)


class PhotoForm(PageForm):
    """One photo for one item, sent by the script."""

    item_key = forms.RegexField(KEY)
    photo_uuid = forms.UUIDField()


class SignForm(forms.Form):
    """The check page: whose draft, as of which save, and the strokes."""

    client_uuid = forms.UUIDField()
    rev = forms.IntegerField(min_value=0)
    signature_strokes = forms.CharField(required=False, strip=True)


class SearchForm(forms.Form):
    """The search box of a phone list."""

    q = TextField(
        label="搜索",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "设备名称、地点、编号", "type": "search"}),
    )

    @property
    def keyword(self) -> str:
        return self.cleaned_data.get("q", "") if self.is_valid() else ""


def changes_of(post: Mapping[str, Any], page: PageForm) -> dict[str, Change]:
    """Read every answer a page posts, by item key ("round" for step 0)."""
    tab = page.cleaned_data.get("tab") or ""
    seq = page.cleaned_data.get("seq") or 0
    changes = {}
    for name in post:
        key = name.removesuffix("-base")
        if key == name or not KEY.fullmatch(key):
            continue
        values = {one: str(post.get(f"{key}-{one}", "")) for one in fields_of(key)}
        changes[key] = Change(values, Base.parse(str(post[name])), tab, seq)
    return changes


@dataclass(frozen=True)
class Upload:
    """One file of the long form and the UUID the page gave it."""

    item_key: str
    photo_uuid: str
    file: Any


def uploads_of(post: Mapping[str, Any], files: MultiValueDict) -> Iterable[Upload]:
    """Read the photos of the long form (inputs that were left empty are not sent)."""
    for name, file in files.items():
        match = re.fullmatch(rf"({KEY.pattern})-photo-(\d)", name, re.ASCII)
        if match:
            yield Upload(match.group(1), str(post.get(f"{name}-uuid", "")), file)
