"""Every form with a file keeps it when it is refused for something else (house rule: nothing is lost).

Each case fills in a form wrongly, and posts it again as the page that came back has it: corrected,
but without choosing the file anew.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse

from cylinders.forms_photos import ArchiveForm, PhotoForm
from cylinders.imports.cylinders import CYLINDERS
from duties.actions.submit import finish
from duties.forms_reports import MinutesForm
from duties.models import InspectionDraft, Task
from hazards.forms import RectifyForm
from tests.factories import (
    checklists,
    codes,
    cylinders,
    duty_reports,
    licences,
    organisation,
    papers,
    people_papers,
    pictures,
    rounds,
)
from tests.factories import duties as tasks
from tests.world import NOW, TODAY, World
from units.carried import GONE, CarriesFiles
from units.files import digest
from units.forms_photos import PhotoSlotsForm
from units.models import CarriedFile, Certificate, Signature, StoredFile, User

As = Callable[[User], Client]
# Forms that keep their files in a way of their own, or have nothing else that could be wrong.
OTHERWISE = {
    RectifyForm: "stores each photograph at once and shows it as kept",
    MinutesForm: "stores each page at once in the draft of the report",
    PhotoForm: "one picture posted by itself; what else it holds is hidden",
    ArchiveForm: "up to 200 MB posted by itself; the other field is a choice with a default",
}


@dataclass
class Case:
    """A form: who posts it where, what is right, and what makes it wrong."""

    user: User | None
    url: str
    given: dict[str, Any]
    wrong: dict[str, Any]
    name: str = "file"
    files: list[SimpleUploadedFile] = field(
        default_factory=lambda: [papers.upload(papers.pdf("留"), "留.pdf")]
    )
    status: int = 422


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def today(days: int = 0) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def photograph(colour: str = "#c03020") -> SimpleUploadedFile:
    return pictures.upload(pictures.jpeg(colour=colour), "留.jpg")


# ------------------------------------------------------------------ the desk
def certificate_add(world: World) -> Case:
    url = reverse("units:certificate-add", args=[world.li.code])
    return Case(world.jia_admin, url, {"kind": "operator", "number": "T1"}, {"number": ""})


def certificate_edit(world: World) -> Case:
    url = reverse("units:certificate-edit", args=[people_papers.certificate(world.li).code])
    given = {"kind": "operator", "number": "T1", "version": 1}
    return Case(world.jia_admin, url, given, {"kind": ""})


def certificate_stale(world: World) -> Case:
    """The second of two editors; the version of the page that comes back is the present one."""
    case = certificate_edit(world)
    Certificate.objects.update(version=2)
    case.given["version"] = 2
    case.wrong, case.status = {"version": 1}, 409
    return case


def _activity(world: World, url: str) -> Case:
    given = {
        "title": "演练",
        "held_on": today(-1),
        "place": "会议室",
        "hours": "1",
        "organiser": "own",
        "content": "内容",
        "people": [world.li.code],
        "version": 1,
    }
    files = [papers.upload(papers.pdf(text), "留.pdf") for text in "ab"]
    return Case(world.jia_admin, url, given, {"title": ""}, "files", files)


def drill_add(world: World) -> Case:
    return _activity(world, reverse("units:drill-add"))


def training_edit(world: World) -> Case:
    made = people_papers.activity(world.jia, world.li)
    return _activity(world, reverse("units:training-edit", args=[made.code]))


def regulation_add(world: World) -> Case:
    given = {"name": "巡查制度", "kind": "other"}
    return Case(world.jia_admin, reverse("units:regulation-add"), given, {"name": ""})


def regulation_replace(world: World) -> Case:
    rule = organisation.regulation(world.jia)
    url = reverse("units:regulation-replace", args=[rule.code])
    return Case(world.jia_admin, url, {"version": rule.version, "note": "修订"}, {"note": ""})


def notice_write(world: World) -> Case:
    given = {"title": "通知", "text": "正文", "audience": "all", "do": "publish"}
    return Case(world.regulator, reverse("units:notice-write"), given, {"title": ""})


def notice_look(world: World) -> Case:
    """查找 without JavaScript loads the page again."""
    case = notice_write(world)
    case.wrong, case.status = {"do": "look", "look": "甲"}, 200
    return case


def import_start(world: World) -> Case:
    """The workbook of an application for cylinders, which asks for the district besides."""
    cylinders.reference()
    cylinders.setting()
    batch = cylinders.batch(world.jia, region=None)
    book = SimpleUploadedFile("留.xlsx", cylinders.workbook(batch, cylinders.cells()))
    url = reverse("units:import-start", args=[CYLINDERS.name])
    given = {"region": "500103"}
    return Case(world.jia_admin, f"{url}?target={batch.code}", given, {"region": ""}, files=[book])


LICENCE = {
    "family": "lift_installation",
    "items": ["install-lift"],
    "number": "TS3350123-2028",
    "valid_from": "2024-12-01",
    "valid_until": "2090-11-30",
    "issuer": "重庆市市场监督管理局",
    "address": "渝中区民权路1号",
}


def licence_add(world: World) -> Case:
    licences.licensed(world.jia)
    return Case(world.jia_admin, reverse("equipment:licence-add"), LICENCE, {"number": ""})


def licence_edit(world: World) -> Case:
    found = licences.licence(licences.licensed(world.jia))
    url = reverse("equipment:licence-edit", args=[found.code])
    return Case(world.jia_admin, url, {**LICENCE, "version": found.version}, {"number": ""})


def declare_stop(world: World) -> Case:
    url = reverse("equipment:declare", args=[world.lift.code])
    given = {"kind": "stop", "from_on": today(), "reason": "大修", "receipt_no": "渝A1"}
    return Case(world.jia_admin, url, given, {"reason": ""})


def declare_temporary(world: World) -> Case:
    url = reverse("equipment:declare", args=[world.lift.code])
    given = {"kind": "temporary", "from_on": today(), "until_on": today(3), "reason": "检修"}
    return Case(world.jia_admin, url, given, {"until_on": today(99)})


def suspend(world: World) -> Case:
    given = {"from_on": today(), "until_on": "", "reason": "放假", "receipt_no": ""}
    return Case(world.jia_admin, reverse("equipment:suspend"), given, {"reason": ""})


def checklist_item_add(world: World) -> Case:
    own = checklists.own(world.jia, "自定义")
    url = reverse("duties:checklist-item-add", args=[own.code])
    given = {
        "cadence": "daily",
        "risk_category": "设备类",
        "item": "扶手带无破损",
        "measure": "停梯",
    }
    return Case(world.jia_admin, url, given, {"measure": ""}, "photo", [photograph()])


def checklist_item_edit(world: World) -> Case:
    own = checklists.own(world.jia, "自定义")
    case = checklist_item_add(world)
    case.url = reverse("duties:checklist-item-edit", args=[own.code, own.items.get().key])
    case.given["version"] = own.edit_version
    return case


# ------------------------------------------------------------------ cylinders
def _cylinder(world: World, **fields: Any) -> Any:
    facts = {"made_on": date(2025, 1, 1), "next_inspection_on": TODAY + timedelta(days=400)}
    return cylinders.registered(world.jia, **facts, **fields)


def _act(world: World, do: str, name: str = "file", **given: Any) -> Case:
    one = _cylinder(world, **({"state": "inspecting"} if do != "scrap" else {}))
    typed = {"do": do, "chosen": f"{one.code}-{one.version}", "next": "/cylinders/", **given}
    return Case(
        world.jia_admin,
        reverse("cylinders:cylinder-act"),
        typed,
        {next(iter(given)): ""},
        name,
    )


REPORT = {"agency": "市特检院", "report_no": "R1"}
SCRAPPED = {"reason": "腐蚀", "method": "压扁", "confirm": "报废"}


def cylinder_inspect(world: World) -> Case:
    return _act(world, "inspect", **REPORT, inspected_on=today())


def cylinder_scrap(world: World) -> Case:
    return _act(world, "scrap", **SCRAPPED, on=today())


def cylinder_fail(world: World) -> Case:
    return _act(world, "fail", "proof", **REPORT, **SCRAPPED, inspected_on=today(), on=today())


def cylinder_medium(world: World) -> Case:
    one = _cylinder(world)
    given = {"kind": "medium", "version": one.version, "inspected_on": today(), **REPORT}
    given["medium"] = "丙烷"
    url = reverse("cylinders:cylinder-change", args=[one.code])
    return Case(world.jia_admin, url, given, {"agency": ""})


# ------------------------------------------------------------------ the public
def public_report(world: World) -> Case:
    url = reverse("equipment:public-report", args=[codes.device_code(world.lift).token])
    given = {"kind": "fault", "text": "门不关", "contact": "", "website": ""}
    several = [photograph("red"), photograph("blue")]
    return Case(None, url, given, {"text": ""}, "photo", several)


CASES = [
    certificate_add,
    certificate_edit,
    certificate_stale,
    drill_add,
    training_edit,
    regulation_add,
    regulation_replace,
    notice_write,
    notice_look,
    import_start,
    licence_add,
    licence_edit,
    declare_stop,
    declare_temporary,
    suspend,
    checklist_item_add,
    checklist_item_edit,
    cylinder_inspect,
    cylinder_scrap,
    cylinder_fail,
    cylinder_medium,
    public_report,
]


@pytest.mark.parametrize("make", CASES, ids=lambda case: case.__name__)
def test_the_corrected_form_needs_no_file_again(
    world: World, as_: As, make: Callable[[World], Case]
) -> None:
    case = make(world)
    client = Client() if case.user is None else as_(case.user)
    hashes = {digest(one.read()) for one in case.files}
    for one in case.files:
        one.seek(0)
    files = case.files if len(case.files) > 1 else case.files[0]
    answer = client.post(case.url, {**case.given, **case.wrong, case.name: files})
    assert answer.status_code == case.status
    page = answer.content.decode()
    assert "留." in page
    tokens = re.findall(rf'name="carried-{case.name}" value="([^"]+)"', page)
    assert len(tokens) == len(case.files) == CarriedFile.objects.count()
    given = {**case.given, f"carried-{case.name}": [unescape(token) for token in tokens]}
    done = client.post(case.url, given)
    assert done.status_code == 302, done.context["form"].errors
    kept = {*StoredFile.objects.values_list("sha256", flat=True)} & hashes
    assert (kept, CarriedFile.objects.count()) == (hashes, 0)


# ------------------------------------------------------------------ photographed signatures
def _finished(world: World) -> tuple[Task, InspectionDraft]:
    task = tasks.task(world.lift)
    rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    return task, InspectionDraft.objects.get(task=task)


def sign(world: World) -> Case:
    """Somebody saved an answer in another window meanwhile."""
    task, draft = _finished(world)
    given = {"client_uuid": draft.client_uuid, "rev": draft.rev, "signature_strokes": ""}
    url = reverse("duties:sign", args=[task.code])
    return Case(world.li.user, url, given, {"rev": 0}, status=409)


def sign_several(world: World) -> Case:
    task, draft = _finished(world)
    given = {"task": [task.code], f"{task.code}-draft": f"{draft.client_uuid}:{draft.rev}"}
    return Case(world.li.user, reverse("duties:sign-several"), given, {"task": []})


def weekly_report(world: World) -> Case:
    task = duty_reports.weekly_task(world.jia, world.wang)
    given = {
        "client_uuid": uuid.uuid4(),
        "rev": 0,
        "main_hazards": "无",
        "evaluation": "controlled",
        "next_work": "照常",
    }
    url = reverse("duties:report-write", args=[task.code])
    return Case(world.wang.user, url, given, {"next_work": ""})


def minutes(world: World) -> Case:
    """The page of the minutes is in the draft by then; only the signature needs carrying."""
    task = duty_reports.monthly_task(world.jia)
    given = {"client_uuid": uuid.uuid4(), "rev": 0, "held_at": "2026-11-20T08:00"}
    page = pictures.upload(pictures.jpeg(colour="blue"), "纪要.jpg")
    url = reverse("duties:minutes-write", args=[task.code])
    return Case(world.wang.user, url, given, {"held_at": "", "photo_1": page})


@pytest.mark.parametrize(
    "make", [sign, sign_several, weekly_report, minutes], ids=lambda case: case.__name__
)
def test_a_photographed_signature_is_not_taken_again(
    world: World, as_: As, make: Callable[[World], Case]
) -> None:
    case = make(world)
    client = as_(case.user)
    answer = client.post(case.url, {**case.given, **case.wrong, "signature_photo": photograph()})
    assert answer.status_code == case.status
    [token] = re.findall(r'name="carried-signature_photo" value="([^"]+)"', answer.content.decode())
    given = {**case.given, "carried-signature_photo": unescape(token)}
    if "rev" in given:
        given["rev"] = re.search(r'name="rev" value="(\d+)"', answer.content.decode())[1]
    done = client.post(case.url, given)
    assert done.status_code == 302, done.content.decode()
    assert Signature.objects.get().photo.original.original_name == "留.jpg"
    assert CarriedFile.objects.count() == 0
    again = client.post(case.url, given)
    is_round = make in {sign, sign_several}  # who comes second is told by whom and when
    assert (again.status_code, Signature.objects.count()) == (409 if is_round else 302, 1)


def test_a_signature_that_is_gone_is_told(world: World, as_: As) -> None:
    case = weekly_report(world)
    client = as_(case.user)
    answer = client.post(case.url, {**case.given, "carried-signature_photo": "x:y"})
    assert (answer.status_code, answer.context["errors"]) == (422, [GONE])


# ------------------------------------------------------------------ none is forgotten
def _forms(of: type = forms.BaseForm) -> Iterator[type]:
    for one in of.__subclasses__():
        yield one
        yield from _forms(one)


def test_every_form_with_a_file_carries_it() -> None:
    get_resolver().url_patterns  # noqa: B018 (every view is loaded, and so every form)
    rooms = {"units", "equipment", "hazards", "duties", "cylinders", "reports"}
    ours = [one for one in _forms() if one.__module__.split(".")[0] in rooms]
    with_files = {
        one
        for one in ours
        if any(isinstance(each, forms.FileField) for each in one.base_fields.values())
    } | {*PhotoSlotsForm.__subclasses__()}  # whose fields are made with the form
    careless = {one for one in with_files if not issubclass(one, CarriesFiles)}
    assert careless == set(OTHERWISE)
    bare = [
        f"{one.__name__}.{name}"
        for one in with_files - careless
        for name, each in one.base_fields.items()
        if isinstance(each, forms.FileField) and not hasattr(each, "preview")
    ]
    assert bare == []
