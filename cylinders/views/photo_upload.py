"""Photographs in bulk: a folder matched by names and sent file by file, or a ZIP (F81)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.codes import normalise
from config.errors import RuleBroken
from config.forms import attempt
from config.paging import paginate
from cylinders import photo_zip, queries_batches
from cylinders import queries_photos as queries
from cylinders.actions import photo_archives
from cylinders.actions import photos as actions
from cylinders.enums import PictureState
from cylinders.forms_photos import ArchiveForm, AssignForm
from cylinders.models import ArchivePicture, Batch, PhotoArchive
from cylinders.photo_names import Match
from cylinders.photo_rules import LEAST, MOST, SHORT
from cylinders.tasks import unpack_photos
from units.roles import Can

# Names that one request asks about; the page sends more of them after one another.
NAMES_MOST = 500
State = PictureState
TONES = {State.TAKEN: "is-done", State.UNMATCHED: "is-late", State.REFUSED: "is-danger"}
WORD_KINDS = {
    State.WAITING: "open",
    State.TAKEN: "done",
    State.UNMATCHED: "late",
    State.REFUSED: "danger",
    State.SKIPPED: "neutral",
}
# What the browser counts while it sends a folder: (key, label, colour).
RUN_FIGURES = (
    ("ready", "待上传", ""),
    ("done", "已上传", "is-done"),
    ("there", "此前已上传", ""),
    ("open", "需要处理", "is-late"),
    ("failed", "未上传成功", "is-danger"),
)


@page(Can.CYLINDER_MANAGE, writes=True, own_transaction=True)
def photo_upload(request: HttpRequest, code: str) -> HttpResponse:
    """批量上传照片 (GET); a ZIP (POST) is kept, listed, and unpacked by a worker."""
    found = queries_batches.get_batch(request.actor, code)
    if request.method != "POST":
        return _upload_page(request, found, ArchiveForm(batch=found), 200)
    is_fetch = request.headers.get("X-Requested-With") == "fetch"
    form = ArchiveForm(request.POST, request.FILES, batch=found)
    archive = attempt(
        form,
        lambda: photo_archives.start(
            found,
            upload=form.cleaned_data["archive"],
            default_kind=form.cleaned_data["default_kind"],
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if archive is None:
        if is_fetch:
            told = next(text for texts in form.errors.values() for text in texts)
            raise RuleBroken("archive_refused", told, status=422)
        return _upload_page(request, found, form, 422)
    unpack_photos.delay_on_commit(archive.pk)
    if is_fetch:
        return JsonResponse({"url": reverse("cylinders:photo-archive", args=[archive.code])})
    return redirect("cylinders:photo-archive", archive.code)


def _upload_page(
    request: HttpRequest, found: Batch, form: ArchiveForm, status: int
) -> HttpResponse:
    archives = queries.archives_of(found)
    figures = queries_batches.figures_of(found)
    context = {
        "batch": found,
        "may_photograph": actions.may_photograph(found, request.actor),
        "state": queries_batches.state_word(found),
        "next_words": queries_batches.NEXT[found.state],
        "figures": figures,
        "missing": figures.without + figures.partial,
        "form": form,
        "kinds": [(value, SHORT[value]) for value, _label in actions.kinds_of(found)],
        "limit": settings.PHOTO_ARCHIVE_MAX_BYTES // photo_zip.MB,
        "files_most": photo_zip.PICTURES_MOST,
        "run_figures": RUN_FIGURES,
        "least": LEAST,
        "most": MOST,
        "archives": [
            {"one": one, "counts": counts, "is_busy": bool(counts[State.WAITING])}
            for one, counts in archives
        ],
    }
    return render(request, "cylinders/photo_upload.html", context, status=status)


@page(Can.CYLINDER_MANAGE, writes=True, reads=False)
def photo_match(request: HttpRequest, code: str) -> HttpResponse:
    """Which cylinders files are of by their `name`s, or the one that `text` names (fetch).

    A POST because of its length; nothing is written.
    """
    found = queries_batches.get_batch(request.actor, code)
    actions.refuse_unless_open(found, request.actor)
    matcher = queries.matcher_of(found)
    if "text" in request.POST:
        item, reason = matcher.find(normalise(request.POST["text"])[:60])
        if item is None:
            raise RuleBroken("item_unknown", f"{reason}。", status=422)
        matches = [("", Match(item, ""))]
    else:
        names = request.POST.getlist("name")[:NAMES_MOST]
        default = request.POST.get("default_kind", "")
        matches = [(name, matcher.match(name[: photo_zip.NAME_LONGEST], default)) for name in names]
    known = queries.uuids_of({match.item.pk for _name, match in matches if match.item})
    return JsonResponse({"rows": [_matched(found, name, match, known) for name, match in matches]})


def _matched(found: Batch, name: str, match: Match, known: dict[int, list[str]]) -> dict[str, Any]:
    item = match.item
    return {
        "name": name,
        "url": item and reverse("cylinders:photo-add", args=[found.code, item.code]),
        "label": item.product_no if item else "",
        "kind": match.kind,
        "reason": match.reason,
        "there": known.get(item.pk, []) if item else [],
    }


# ------------------------------------------------------------------ one ZIP
@page(Can.CYLINDER_MANAGE)
def photo_archive(request: HttpRequest, code: str) -> HttpResponse:
    """Progress while a ZIP is unpacked (polled), then what became of each of its files."""
    archive = queries.get_archive(request.actor, code)
    return _archive_page(request, archive)


def _archive_page(
    request: HttpRequest,
    archive: PhotoArchive,
    *,
    refused: tuple[int, AssignForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    counts = queries.counts_of([archive])[archive.pk]
    total = sum(counts.values())
    is_busy = bool(counts[State.WAITING])
    context: dict[str, Any] = {
        "archive": archive,
        "batch": archive.batch,
        "is_busy": is_busy,
        "done": total - counts[State.WAITING],
        "total": total,
    }
    if request.htmx and request.htmx.target == "archive-progress":
        response = render(request, "cylinders/_archive_progress.html", context)
        if not is_busy:
            response["HX-Refresh"] = "true"
        return response
    context |= _archive_rows(request, archive, counts, refused)
    return render(request, "cylinders/photo_archive.html", context, status=status)


def _archive_rows(
    request: HttpRequest,
    archive: PhotoArchive,
    counts: dict[str, int],
    refused: tuple[int, AssignForm] | None,
) -> dict[str, Any]:
    order = [State.UNMATCHED, State.REFUSED, State.TAKEN, State.SKIPPED, State.WAITING]
    shown = [state for state in order if counts[state]]
    default = shown[0].value if shown else State.TAKEN.value
    tab = request.GET.get("tab", default)
    tab = tab if tab in State.values else default
    rows = archive.pictures.filter(state=tab).select_related("item", "photo__photo")
    listed, size = paginate(request, rows.order_by("number"), count=counts[tab])
    may = actions.may_photograph(archive.batch, request.actor)
    return {
        "may_photograph": may,
        "figures": [(state.label, counts[state], TONES.get(state, "")) for state in order[:3]],
        "tabs": [
            {
                "label": state.label,
                "count": counts[state],
                "url": f"?tab={state.value}",
                "active": state == tab,
            }
            for state in shown
        ],
        "tab": tab,
        "rows": [_picture(one, archive, may, refused) for one in listed],
        "page": listed,
        "size": size,
    }


def _picture(
    one: ArchivePicture,
    archive: PhotoArchive,
    may: bool,
    refused: tuple[int, AssignForm] | None,
) -> dict[str, Any]:
    form = None
    if may and one.state in photo_archives.OPEN:
        form = AssignForm(
            batch=archive.batch,
            prefix=str(one.number),
            initial={"text": one.item.product_no if one.item else "", "kind": one.kind},
        )
        if refused is not None and refused[0] == one.number:
            form = refused[1]
    return {
        "one": one,
        "kind": WORD_KINDS[State(one.state)],
        "short": SHORT.get(one.kind, ""),
        "form": form,
        "url": reverse("units:file", args=[one.photo.photo.copy_id]) if one.photo else "",
    }


@page(Can.CYLINDER_MANAGE, writes=True, reads=False, own_transaction=True)
def archive_assign(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Give a picture of a ZIP to a cylinder by hand."""
    archive = queries.get_archive(request.actor, code)
    picture = queries.get_picture(archive, number)
    form = AssignForm(request.POST, batch=archive.batch, prefix=str(number))
    taken = attempt(
        form,
        lambda: photo_archives.assign(
            picture,
            text=form.cleaned_data["text"],
            kind=form.cleaned_data["kind"],
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if taken is None:
        return _archive_page(request, archive, refused=(number, form), status=422)
    messages.success(request, f"已上传到产品编号 {taken.item.product_no}（{SHORT[taken.kind]}）。")
    tab = request.GET.get("tab", "")
    back = reverse("cylinders:photo-archive", args=[archive.code])
    return redirect(f"{back}?tab={tab}" if tab in State.values else back)
