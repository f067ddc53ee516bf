"""Reading 一码通 (F37) and what the public reported (B117)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404, QueryDict
from django.urls import reverse

from config.actor import Actor
from config.panels import Panel, PanelRow
from config.search import with_words
from equipment import queries
from equipment.enums import UseStatus
from equipment.models import DeviceCode, Equipment, PublicReport
from equipment.models.machine import EquipmentQuerySet
from units.models import Appointment, Staff
from units.roles import DIRECTORS, Can

CODED = "coded"
BARE = "bare"
RECENT_REPORTS = 5
TOKEN_LENGTH = 12
# Labels in one PDF: 20 sheets take some ten seconds, and other documents wait meanwhile.
LABELS_MOST = 480


# ------------------------------------------------------------------ codes
@dataclass(frozen=True)
class CodeFilter:
    """What the filter bar of the code list asks for; `state`: coded | bare | "" (all)."""

    keyword: str = ""
    category: str = ""
    officer: str = ""
    state: str = ""


def coded_machines(actor: Actor, asked: CodeFilter, *, day: date) -> EquipmentQuerySet:
    """The actor's machines that are not scrapped, each with `token` and `coded_at` of its code."""
    archive = queries.Filter(category=asked.category, keyword=asked.keyword, officer=asked.officer)
    live = DeviceCode.objects.filter(equipment=OuterRef("pk"), retired_at=None)
    machines = (
        queries.archive(actor, archive, day=day)
        .exclude(status=UseStatus.SCRAPPED)
        .annotate(
            token=Subquery(live.values("token")[:1]),
            coded_at=Subquery(live.values("issued_at")[:1]),
        )
    )
    if asked.state:
        machines = machines.filter(token__isnull=asked.state == BARE)
    return machines


def bare_count(actor: Actor) -> int:
    """How many of the actor's machines have no code yet (scrapped ones need none)."""
    live = DeviceCode.objects.filter(equipment=OuterRef("pk"), retired_at=None)
    machines = Equipment.objects.for_actor(actor).exclude(status=UseStatus.SCRAPPED)
    return machines.filter(~Exists(live)).count()


def chosen(actor: Actor, given: QueryDict, asked: CodeFilter, *, day: date) -> EquipmentQuerySet:
    """The machines a list page sends on: those ticked (`m`), or all that the filter leaves."""
    ticked = [code for code in given.getlist("m") if code.isalnum()]
    if given.get("all") or not ticked:
        return coded_machines(actor, asked, day=day)
    return coded_machines(actor, CodeFilter(), day=day).filter(code__in=ticked)


def live_code(machine: Equipment) -> DeviceCode | None:
    """The code on a machine's label today; None before it was given one."""
    return DeviceCode.objects.filter(equipment=machine, retired_at=None).first()


def code_history(machine: Equipment) -> list[DeviceCode]:
    """Its codes that were reported lost and replaced, the latest first."""
    return list(DeviceCode.objects.filter(equipment=machine).exclude(retired_at=None))


def scanned(token: str) -> DeviceCode | None:
    """The code somebody scanned or typed, live or retired; None when there is no such code."""
    token = token.upper()
    if len(token) > TOKEN_LENGTH:
        return None
    return (
        DeviceCode.objects.select_related(
            "equipment__unit", "equipment__catalogue", "equipment__officer__user"
        )
        .filter(token=token)
        .first()
    )


# ------------------------------------------------------------------ public reports
def get_report(actor: Actor, code: str) -> PublicReport:
    """A report about a machine of the actor's unit; Http404 for every other."""
    found = (
        PublicReport.objects.for_actor(actor)
        .select_related("equipment", "device_code", "unit")
        .prefetch_related("photos")
        .filter(code=code)
        .first()
    )
    if found is None or actor.unit_id is None:
        raise Http404("no such report")
    return found


def reports(
    actor: Actor, *, keyword: str = "", kind: str = "", state: str = "", machine: str = ""
) -> QuerySet[PublicReport]:
    """The unit's public reports, those that wait first; `state`: waiting | answered | ""."""
    found = PublicReport.objects.for_actor(actor).select_related("equipment")
    found = with_words(found, keyword, "code__iexact", "text", "equipment__name")
    if kind:
        found = found.filter(kind=kind)
    if machine:
        found = found.filter(equipment__code=machine)
    if state:
        found = found.filter(answered_at__isnull=state == "waiting")
    done = Case(When(answered_at=None, then=Value(0)), default=Value(1))
    return found.order_by(done, "-id")


def waiting_reports(actor: Actor) -> QuerySet[PublicReport]:
    """The public reports that nobody has handled yet."""
    return PublicReport.objects.for_actor(actor).filter(answered_at=None)


def has_report(token: str, code: str) -> bool:
    """Whether a report of this number was made through this code."""
    return PublicReport.objects.filter(code=code, device_code__token=token).exists()


def overseers(machine: Equipment, *, day: date) -> list[Staff]:
    """Who is told of a report: the machine's officer and the directors over its category."""
    covers = Q(categories=[]) | Q(categories__contains=[machine.category])
    posts = (
        Appointment.objects.in_force(day)
        .filter(covers, staff__unit_id=machine.unit_id, staff__ended_on=None, role__in=DIRECTORS)
        .select_related("staff")
        .order_by("staff_id")
    )
    people = {post.staff_id: post.staff for post in posts}
    if machine.officer is not None:
        people[machine.officer_id] = machine.officer
    return list(people.values())


# ------------------------------------------------------------------ the machine's page
def machine_panel(machine: Equipment, actor: Actor) -> list[Panel]:
    """一码通 and 公众报告 on a machine's page, for who manages codes."""
    if not actor.can(Can.CODE_MANAGE):
        return []
    return [_code_panel(machine), _report_panel(machine)]


def _code_panel(machine: Equipment) -> Panel:
    held = live_code(machine)
    if held is None:
        return Panel(
            "一码通",
            url=_link("equipment:code", machine.code),
            link_label="去赋码",
            empty="还没有设备码。赋码后可打印标签贴在设备上，扫码即可查看公开信息。",
        )
    row = PanelRow(text=f"识别码 {held.token}", at=held.issued_at, word="使用中", kind="done")
    return Panel(
        "一码通",
        rows=[row],
        url=_link("equipment:code", machine.code),
        link_label="查看二维码",
        picture=_link("equipment:code-image", machine.code),
    )


def _report_panel(machine: Equipment) -> Panel:
    rows = [
        PanelRow(
            text=one.get_kind_display(),
            at=one.reported_at,
            note=one.text[:60],
            word="已处理" if one.answered_at else "待处理",
            kind="done" if one.answered_at else "late",
            url=_link("equipment:report", one.code),
        )
        for one in PublicReport.objects.filter(equipment=machine)[:RECENT_REPORTS]
    ]
    return Panel(
        "公众报告",
        rows=rows,
        url=f"{_link('equipment:report-list')}?machine={machine.code}" if rows else "",
        empty="还没有人通过扫码报告问题。",
    )


def _link(name: str, *arguments: str) -> str:
    return reverse(name, args=arguments)
