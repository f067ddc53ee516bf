"""Files of a form that was refused, carried over to its next try: nobody chooses them again.

A view hands `files_of(request, now)` to its form in place of `request.FILES`, and when it shows the
form again calls `form.put_files_aside()` (mixin CarriesFiles). The page then names what was put
aside (components/carried.html) and sends it back as signed tokens (`carried-<field>`); what is
ticked in `carried-drop` is not wanted any more. `config.forms.attempt` uses the files up when the
form has succeeded.

A token opens nothing by itself: the row must belong to the account that posts, to its unit, to this
very address and field, and not be a day old. One that does not hold is an error beside its field:
a form must not go through silently without the paper its sender believes to be in it.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from config.clock import local_day
from config.errors import RuleBroken
from units.files import plain_name
from units.models import CarriedFile

LIFETIME = timedelta(days=1)
MB = 1024 * 1024
# What one account may have lying there (the oldest goes first), and all visitors together.
OWNER_LARGEST = 200 * MB
VISITORS_LARGEST = 1024 * MB
PREFIX = "carried-"
DROP = "carried-drop"
VISITOR = "carried"  # in the session
GONE = "先前选好的文件已经不在（保留一天，提交一次后即删除），请重新选择。"
USED = "所选文件刚刚已随另一次提交用过，请刷新页面查看结果。"

_signer = Signer(salt="units.carried")
_SWEPT_AT_ONCE = 500

# Looks at an upload: a small JPEG of it (b"" when it is no picture); RuleBroken when it will not do.
Preview = Callable[[Any], bytes]


@dataclass(frozen=True)
class Carried:
    """One file as the page shows it."""

    token: str
    name: str
    size: int
    picture: str  # data URL, "" for what is no picture


class CarriedUpload(UploadedFile):
    """A file put aside, as a form receives it."""

    def __init__(self, row: CarriedFile) -> None:
        opened = default_storage.open(row.storage_name, "rb")
        super().__init__(opened, row.original_name, row.content_type, row.size)
        self.row = row


def files_of(request: HttpRequest, now: datetime) -> FormFiles:
    """The files of this request's form, those put aside for it among them; one object a request."""
    found: FormFiles | None = getattr(request, "form_files", None)
    if found is None:
        found = FormFiles(request, now)
        request.form_files = found
    return found


class FormFiles(MultiValueDict):
    """`request.FILES`, with what was put aside before the files that were chosen now.

    So `get` answers the file chosen last, `getlist` all of them. `gone` holds the fields for which
    a token did not hold.
    """

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        super().__init__()
        self.now = now
        self.gone: set[str] = set()
        self._request = request
        self._shown: dict[str, list[CarriedFile]] = {}
        self._left: dict[str, list[str]] = {}
        self._dropped: list[CarriedFile] = []
        if request.method == "POST":
            self._take_back()
            for name, uploads in request.FILES.lists():
                self.setlist(name, [*self.getlist(name), *uploads])

    # -------------------------------------------------------------- what the last try left
    def _take_back(self) -> None:
        """Find the rows of the posted tokens; those that do not hold are noted in `gone`."""
        posted = self._request.POST
        dropped = set(posted.getlist(DROP))
        asked = {
            token: name.removeprefix(PREFIX)
            for name in posted
            if name.startswith(PREFIX) and name != DROP
            for token in posted.getlist(name)
        }
        rows = self._rows(asked)
        for token, name in asked.items():
            row = rows.get(token)
            upload = _opened(row) if row is not None and row.field == name else None
            if token in dropped:
                self._dropped += [row] if row is not None else []
            elif upload is not None:
                self.appendlist(name, upload)
            else:
                self.gone.add(name)

    def _rows(self, tokens: Iterable[str]) -> dict[str, CarriedFile]:
        keys = {}
        for token in tokens:
            try:
                keys[uuid.UUID(_signer.unsign(token))] = token
            except (BadSignature, ValueError):
                continue
        if not keys:
            return {}
        found = self._own().filter(
            pk__in=keys, form=self._request.path[:200], expires_at__gt=self.now
        )
        return {keys[row.pk]: row for row in found}

    def _own(self) -> QuerySet[CarriedFile]:
        """The rows of whoever posts: of the account in its unit, or of the visitor's session."""
        actor = self._request.actor
        if actor.user_id is not None:
            return CarriedFile.objects.filter(user_id=actor.user_id, unit_id=actor.unit_id)
        visitor = self._request.session.get(VISITOR)
        return CarriedFile.objects.filter(user=None, visitor=visitor) if visitor else _none()

    def _returned(self) -> list[CarriedFile]:
        """The rows of the files among these that an earlier try brought."""
        return [one.row for _, several in self.lists() for one in several if _is_carried(one)]

    # -------------------------------------------------------------- the form has succeeded
    def use_up(self) -> None:
        """Let go of what was put aside: the form has succeeded. In the action's transaction.

        RuleBroken (file_used) when another try took one of the files meanwhile: of two at once one
        alone goes through.
        """
        rows = self._returned()
        if rows or self._dropped:
            with transaction.atomic():
                if _remove(rows) != len(rows):
                    raise RuleBroken("file_used", USED)
                _remove(self._dropped)

    # -------------------------------------------------------------- the form is refused
    def put_aside(
        self, name: str, chosen: Sequence[Any], preview: Preview, *, may_keep: bool = True
    ) -> list[tuple[Any, RuleBroken]]:
        """Keep what was chosen for a field until the next try; return those that will not do.

        What was carried already stays. What no room is left for, or may not be kept, is told by
        name (`left`).
        """
        wrong = []
        _remove(self._dropped)
        self._dropped = []
        still = set(self._own().values_list("pk", flat=True)) if self._returned() else set()
        for upload in chosen:
            if _is_carried(upload):
                row = upload.row if upload.row.pk in still else None
            elif not may_keep:
                row = None
            else:
                try:
                    small = preview(upload)
                except RuleBroken as broken:
                    wrong.append((upload, broken))
                    continue
                row = self._keep(name, upload, small)
            if row is None:
                self.leave(name, upload)
            else:
                self._shown.setdefault(name, []).append(row)
        return wrong

    def leave(self, name: str, upload: Any) -> None:
        """Note that a file of a field is not kept."""
        self._left.setdefault(name, []).append(plain_name(upload.name or ""))

    def shown(self, name: str) -> list[Carried]:
        """What the page names beside a field: put aside for its next try."""
        return [_shown(row) for row in self._shown.get(name, ())]

    def left(self, name: str) -> list[str]:
        """Names of files that were not kept and have to be chosen again."""
        return self._left.get(name, [])

    def _keep(self, name: str, upload: Any, preview: bytes) -> CarriedFile | None:
        if not self._has_room(upload.size):
            return None
        stored = f"carried/{local_day(self.now):%Y/%m/%d}/{uuid.uuid4().hex}.bin"
        upload.seek(0)
        stored = default_storage.save(stored, File(upload))
        upload.seek(0)
        try:
            return CarriedFile.objects.create(
                **self._owner(),
                form=self._request.path[:200],
                field=name[:60],
                original_name=plain_name(upload.name or ""),
                content_type=(upload.content_type or "")[:100],
                size=upload.size,
                storage_name=stored,
                preview=preview,
                expires_at=self.now + LIFETIME,
            )
        except BaseException:
            default_storage.delete(stored)
            raise

    def _owner(self) -> dict[str, Any]:
        actor = self._request.actor
        if actor.user_id is not None:
            return {"user_id": actor.user_id, "unit_id": actor.unit_id}
        session = self._request.session
        if VISITOR not in session:
            session[VISITOR] = secrets.token_urlsafe(24)
        return {"visitor": session[VISITOR]}

    def _has_room(self, size: int) -> bool:
        """Whether a file of this size may be kept; an account's oldest ones make room for it."""
        actor = self._request.actor
        if actor.user_id is None:
            return _size(CarriedFile.objects.filter(user=None)) + size <= VISITORS_LARGEST
        here = {row.pk: row for rows in self._shown.values() for row in rows}
        here |= {row.pk: row for row in self._returned()}
        if sum(row.size for row in here.values()) + size > OWNER_LARGEST:
            return False
        room = OWNER_LARGEST - size - _size(self._own())
        for row in self._own().exclude(pk__in=here).order_by("expires_at") if room < 0 else ():
            room += row.size if _remove([row]) else 0
            if room >= 0:
                break
        return True


def sweep(*, now: datetime) -> int:
    """Remove what was put aside and never sent again; return how many files. Safe to run twice."""
    done = 0
    while rows := list(CarriedFile.objects.filter(expires_at__lte=now)[:_SWEPT_AT_ONCE]):
        with transaction.atomic():
            done += _remove(rows)
    return done


def _remove(rows: Sequence[CarriedFile]) -> int:
    """Delete rows, and their bytes once that is committed; return how many were still there."""
    if not rows:
        return 0
    gone, _ = CarriedFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    names = [row.storage_name for row in rows]
    transaction.on_commit(partial(_delete_bytes, names), robust=True)
    return gone


def _delete_bytes(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


def _none() -> QuerySet[CarriedFile]:
    return CarriedFile.objects.none()


def _size(rows: QuerySet[CarriedFile]) -> int:
    return rows.aggregate(total=Sum("size"))["total"] or 0


def _is_carried(upload: Any) -> bool:
    return isinstance(upload, CarriedUpload)


def _opened(row: CarriedFile) -> CarriedUpload | None:
    try:
        return CarriedUpload(row)
    except FileNotFoundError:
        return None


def _shown(row: CarriedFile) -> Carried:
    small = bytes(row.preview)
    picture = f"data:image/jpeg;base64,{base64.b64encode(small).decode()}" if small else ""
    return Carried(_signer.sign(str(row.pk)), row.original_name, row.size, picture)


# ---------------------------------------------------------------- forms
class CarriesFiles(forms.Form):
    """A form whose files survive a refusal; its file fields have `preview` (see Preview).

    Made with `files_of(request, now)`; whoever shows it again calls `put_files_aside` first.
    """

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or not isinstance(self.files, FormFiles):
            return
        for name, field in self._file_fields():
            html_name = self.add_prefix(name)
            is_chosen = bool(self.files.getlist(html_name))
            if html_name in self.files.gone and (_takes_several(field) or not is_chosen):
                self.errors.pop(name, None)  # "choose a file": they believe they did
                self.add_error(name, forms.ValidationError(GONE, code="file_gone"))

    def put_files_aside(self, *, may_keep: bool = True) -> None:
        """Keep the files that will do for the next try, and say what is wrong with the others.

        Of a field for one file the last chosen counts; was it wrong, what stood there before is
        offered again.
        """
        if not isinstance(self.files, FormFiles):
            return
        for name, field in self._file_fields():
            html_name = self.add_prefix(name)
            chosen = self.files.getlist(html_name)
            is_wrong = bool(self.is_bound and self.has_error(name))
            if not _takes_several(field):
                chosen = _earlier(chosen) if is_wrong else chosen[-1:]
            elif is_wrong and may_keep:
                chosen = [one for one in chosen if _will_do(one, field)]
            wrong = self.files.put_aside(html_name, chosen, field.preview, may_keep=may_keep)
            for upload, broken in wrong:
                if self.is_bound:
                    self.add_error(name, _refusal(upload, broken, field))
                else:
                    self.files.leave(html_name, upload)
            if self.files.shown(html_name):
                self.use_required_attribute = False  # the browser sees an empty input

    def carried(self, name: str) -> list[Carried]:
        """What was put aside for a field, for the page."""
        return self.files.shown(self.add_prefix(name)) if isinstance(self.files, FormFiles) else []

    def left(self, name: str) -> list[str]:
        """Names of files of a field that could not be put aside, for the page."""
        return self.files.left(self.add_prefix(name)) if isinstance(self.files, FormFiles) else []

    def _file_fields(self) -> Iterator[tuple[str, Any]]:
        for name, field in self.fields.items():
            if isinstance(field, forms.FileField):
                yield name, field


def _takes_several(field: forms.Field) -> bool:
    return bool(getattr(field.widget, "allow_multiple_selected", False))


def _earlier(chosen: Sequence[Any]) -> list[Any]:
    return [one for one in chosen[:-1] if _is_carried(one)][-1:]


def _refusal(upload: Any, broken: RuleBroken, field: forms.Field) -> forms.ValidationError:
    called = f"“{plain_name(upload.name)}”：" if _takes_several(field) else ""
    return forms.ValidationError(f"{called}{broken.message}", code=broken.code)


def _will_do(upload: Any, field: Any) -> bool:
    try:
        field.preview(upload)
    except RuleBroken:
        return False
    return True
