"""Weekly reports and monthly minutes: who may write them, their figures, what they are filled with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404

from config.actor import Actor
from config.clock import end_of, local_day, start_of
from duties import pools
from duties.enums import OPEN_STATES, Cadence, Level, RoundStatus, TaskKind, TaskState
from duties.models import (
    Inspection,
    MinutesPhoto,
    MonthlyMinutes,
    ReportDraft,
    ReportDraftPhoto,
    Task,
    WeeklyReport,
)
from duties.queries import backfill_closes_at, is_missed, region_settings
from equipment import subjects
from equipment.enums import Category, UseStatus
from equipment.models import DutyTitle, Equipment, Licence, LicenceFamily
from hazards import wording
from hazards.models import Hazard
from hazards.states import HazardState
from units.models import Region
from units.models.unit import UnitKind
from units.roles import DIRECTORS, OFFICERS, Role

WEEK = timedelta(days=7)
LAST_DAY = timedelta(days=6)
# A daily to-do may be made up this long after its day (regions shift the 7 days a little).
OLDEST_ROUND = timedelta(days=40)
MOST_HAZARD_LINES = 20
RECTIFIED = (HazardState.RECTIFIED, HazardState.REVIEWED)
NATIONAL_REPORT = "周排查治理报告"
NATIONAL_TITLE = "每周{X}安全排查治理报告"


# ------------------------------------------------------------------ words of the region
def report_label(region_code: str) -> str:
    """What the weekly report is called in a region (decision 14): 周排查治理报告, 周汇报, …"""
    labels = region_settings(region_code).get("labels", {})
    return str(labels.get("weekly_report") or NATIONAL_REPORT)


def report_menu_word(region_code: str) -> str:
    """The same as the name of the list: 周排查报告 where the national word holds (W 4.6)."""
    label = report_label(region_code)
    return "周排查报告" if label == NATIONAL_REPORT else label


def region_of(actor: Actor) -> str:
    """A code of the actor's region: the unit's, or the first of a regulator's subtree."""
    if actor.kind == "bureau" and actor.region_prefix is not None:
        return actor.region_prefix.ljust(6, "0")
    found = Region.objects.filter(units=actor.unit_id).values_list("code", flat=True).first()
    return found or "000000"


def document_title(*, unit_kind: str, category: str, subject: str, region: str, day: date) -> str:
    """The title of a weekly report or of minutes on its own date; empty without one in force."""
    row = (
        DutyTitle.objects.filter(
            unit_kind=unit_kind,
            category=subjects.duty_category(category),
            subject=subject,
            period__contains=day,
        )
        .values("title", "prefix")
        .first()
    )
    if row is None:
        return ""
    wanted = region_settings(region).get("labels", {}).get("weekly_report_title", NATIONAL_TITLE)
    if subject != "weekly" or wanted == NATIONAL_TITLE:
        return str(row["title"])
    quality = "质量" if unit_kind == UnitKind.PRODUCTION else ""
    return str(wanted).replace("{X}", f"{row['prefix']}{quality}")


def counted_noun(category: str) -> str:
    """What the sentence of figures counts: 个电梯, 个许可, 个工位 (M 3.4)."""
    kind = subjects.of(category).unit_kind
    if kind == UnitKind.PRODUCTION:
        return "个许可"
    return "个工位" if kind == UnitKind.FILLING else f"个{subjects.label(category)}"


# ------------------------------------------------------------------ figures of a week
def _of_subject(category: str) -> Q:
    """Inspections and hazards that belong to a subject; a filling unit is one as a whole."""
    if category != subjects.FILLING:
        return Q(category=category)
    families = LicenceFamily.objects.filter(unit_kind=UnitKind.FILLING).values("code")
    return Q(category=subjects.FILLING) | Q(category__in=families)


def _between(column: str, first_on: date, last_on: date) -> Q:
    """From 00:00 of the first day to 24:00 of the last in China's time."""
    return Q(**{f"{column}__gte": start_of(first_on), f"{column}__lt": end_of(last_on)})


def figures_of(unit_id: int, category: str, first_on: date, last_on: date) -> dict[str, Any]:
    """{first_on, last_on, inspected, hazards, rectified} of some days, as they are now.

    Inspected are the machines (licences, stations) with a round handed in on these days, 停用 ones
    left out; hazards are those found on them, and of these the ones put right by now.
    """
    of_unit = Q(unit_id=unit_id) & _of_subject(category)
    rounds = (
        Inspection.objects.filter(of_unit, _between("received_at", first_on, last_on))
        .filter(cadence=Cadence.DAILY, period_on__gte=first_on - OLDEST_ROUND)
        .exclude(round_status=RoundStatus.STOPPED)
        .order_by()
        .aggregate(
            machines=Count("equipment", distinct=True),
            licences=Count("licence", distinct=True),
            stations=Count("station", distinct=True),
        )
    )
    found = Hazard.objects.filter(of_unit, _between("found_at", first_on, last_on)).aggregate(
        hazards=Count("pk"), rectified=Count("pk", filter=Q(state__in=RECTIFIED))
    )
    return {
        "first_on": first_on.isoformat(),
        "last_on": last_on.isoformat(),
        "inspected": sum(rounds.values()),
        **found,
    }


def report_figures(task: Task) -> dict[str, dict[str, Any]]:
    """Both weeks of a weekly report: the one it is on and the one it is written in."""
    last, this = task.period_on - WEEK, task.period_on
    return {
        name: figures_of(task.unit_id, task.category, monday, monday + LAST_DAY)
        for name, monday in (("last", last), ("this", this))
    }


def month_figures(task: Task) -> dict[str, Any]:
    """The figures of the month that minutes are about, as they are now."""
    first = task.period_on
    last = local_day(task.due_at - timedelta(seconds=1))
    return figures_of(task.unit_id, task.category, first, last)


def figures_sentence(week: str, figures: dict[str, Any], category: str) -> str:
    """上周共排查 5 个电梯，共发现隐患 6 条，整改完成 4 条。(M 3.4)"""
    return (
        f"{week}共排查 {figures['inspected']} {counted_noun(category)}，"
        f"共发现隐患 {figures['hazards']} 条，整改完成 {figures['rectified']} 条。"
    )


def hazard_lines(task: Task, monday: date) -> list[str]:
    """The hazards of a week, one line each with how it stands, the open ones first."""
    found = list(
        Hazard.objects.filter(
            Q(unit_id=task.unit_id) & _of_subject(task.category),
            _between("found_at", monday, monday + LAST_DAY),
        )
        .select_related("equipment", "licence", "station")
        .order_by("state", "found_at", "pk")[: MOST_HAZARD_LINES + 1]
    )
    lines = [f"{number}. {_line(one)}" for number, one in enumerate(found[:MOST_HAZARD_LINES], 1)]
    if len(found) > MOST_HAZARD_LINES:
        lines.append("其余隐患见风险隐患记录。")
    return lines


def _line(hazard: Hazard) -> str:
    about = hazard.licence or hazard.station
    place = str(about) if about is not None else wording.place_of(hazard)
    if hazard.equipment is None and about is None:
        place = subjects.label(hazard.category)
    how = f"，{hazard.result}" if hazard.result else ""
    severe = "【严重隐患】" if hazard.severity == Hazard.Severity.SEVERE else ""
    return f"{severe}{place}：{hazard.description}（{hazard.get_state_display()}{how}）"


def proposed(task: Task) -> dict[str, str]:
    """What a fresh weekly report is filled with; the author edits it (domain 2.3)."""
    last, this = (hazard_lines(task, monday) for monday in (task.period_on - WEEK, task.period_on))
    return {
        "last_week": "\n".join(last) or "上周未发现隐患，无待整改问题。",
        "main_hazards": "\n".join(this) or "本周未发现主要安全风险隐患。",
    }


# ------------------------------------------------------------------ who may write what
def bound_subjects(actor: Actor) -> set[str]:
    """The subjects an officer is in charge of: what he may report on for the principal (W 4.6)."""
    found: set[str] = set()
    if actor.has_role(Role.SAFETY_OFFICER):
        machines = Equipment.objects.for_actor(actor).filter(officer_id=actor.staff_id)
        in_use = machines.exclude(status=UseStatus.SCRAPPED).order_by()
        found |= set(in_use.values_list("category", flat=True).distinct())
        if actor.has_role(Role.SAFETY_OFFICER, Category.CYLINDER):
            found.add(subjects.FILLING)
    if actor.has_role(Role.QUALITY_OFFICER):
        licences = Licence.objects.for_actor(actor).filter(
            Q(officer_id=actor.staff_id) | Q(officer=None), closed_at=None
        )
        found |= {
            family
            for family in licences.order_by().values_list("family_id", flat=True).distinct()
            if actor.has_role(Role.QUALITY_OFFICER, subjects.duty_category(family))
        }
    return found


def may_write(task: Task, actor: Actor, *, bound: set[str] | None = None) -> bool:
    """Whether this person may write a report that is owed (decisions 5 and 13).

    Who owes it; for minutes every director whose scope covers it and every principal; for a weekly
    report of a category without director also the principals and the officers in charge of it;
    for the pool of a filling unit its directors. `bound` saves asking for an officer's subjects.
    """
    if actor.staff_id is None or task.unit_id != actor.unit_id:
        return False
    if task.assignee_id == actor.staff_id:
        return True
    category = subjects.duty_category(task.category)
    directs = actor.has_role(subjects.DIRECTOR_OF[task.unit_kind], category)
    if task.kind == TaskKind.MONTHLY_MINUTES:
        return directs or actor.has_role(Role.PRINCIPAL)
    if task.level != Level.PRINCIPAL:
        return pools.may_claim(task, actor)
    if actor.has_role(Role.PRINCIPAL):
        return True
    if not actor.has_role(subjects.OFFICER_OF[task.unit_kind], category):
        return False
    return task.category in (bound_subjects(actor) if bound is None else bound)


def acting_role(task: Task, actor: Actor) -> str:
    """In which identity a person writes: principal, director or officer level."""
    category = subjects.duty_category(task.category)
    directs = actor.has_role(subjects.DIRECTOR_OF[task.unit_kind], category)
    if task.level == Level.DIRECTOR:
        return Level.DIRECTOR.value
    if actor.has_role(Role.PRINCIPAL):
        return Level.PRINCIPAL.value
    return Level.DIRECTOR.value if directs else Level.OFFICER.value


def covered(actor: Actor) -> Q:
    """The reports a person looks back on: his own and those of his scope; all for a principal."""
    if actor.has_role(Role.PRINCIPAL):
        return Q()
    scopes = [post.categories for post in actor.posts if post.role in (*DIRECTORS, *OFFICERS)]
    if any(not scope for scope in scopes):
        return Q()
    duty = {category for scope in scopes for category in scope}
    families = LicenceFamily.objects.filter(category__in=duty).values("code")
    inside = Q(category__in=duty) | Q(category__in=families) | Q(author_id=actor.staff_id)
    return inside | Q(category=subjects.FILLING) if Category.CYLINDER in duty else inside


def get_report_task(actor: Actor, code: str, kind: str) -> Task:
    """A to-do of this kind of the person's own unit; 404 for any other."""
    found = (
        Task.objects.for_actor(actor)
        .select_related("unit", "owner", "assignee", "stands_in_for", "weeklyreport")
        .select_related("monthlyminutes")
        .filter(code=code, kind=kind)
        .first()
    )
    if found is None:
        raise Http404("报告待办不存在")
    return found


def draft_of(task: Task, actor: Actor) -> ReportDraft | None:
    """This person's own draft with the photos that are still in it (`kept_photos`)."""
    kept = ReportDraftPhoto.objects.filter(removed_at=None).select_related("photo__copy")
    return (
        ReportDraft.objects.filter(task=task, staff_id=actor.staff_id)
        .prefetch_related(Prefetch("photos", kept, to_attr="kept_photos"))
        .first()
    )


@dataclass(frozen=True)
class Mine:
    """What one person has to write of a kind: still open, and missed ones that can be made up."""

    open: list[Task]
    to_make_up: list[Task]


def mine(actor: Actor, kind: str, *, now: datetime) -> Mine:
    """The reports a person may write now; drafts of his own are marked (`has_draft`)."""
    found = list(
        Task.objects.for_actor(actor)
        .filter(kind=kind, state__in=[*OPEN_STATES, TaskState.MISSED])
        .filter(due_at__gt=now - timedelta(days=62))
        .select_related("unit", "assignee", "stands_in_for")
        .order_by("period_on", "category", "pk")
    )
    bound = bound_subjects(actor) if found else set()
    found = [task for task in found if may_write(task, actor, bound=bound)]
    begun = set(
        ReportDraft.objects.filter(task__in=found, staff_id=actor.staff_id).values_list(
            "task_id", flat=True
        )
    )
    for task in found:
        task.has_draft = task.pk in begun
    late = [task for task in found if is_missed(task, now)]
    return Mine(
        open=[task for task in found if not is_missed(task, now) and _has_begun(task, now)],
        to_make_up=_still_backfillable(late, now),
    )


def _has_begun(task: Task, now: datetime) -> bool:
    return task.period_on <= local_day(now)


def _still_backfillable(tasks: Sequence[Task], now: datetime) -> list[Task]:
    """Those whose 补录 is still open; all are of one unit, so the region is asked once."""
    if not tasks:
        return []
    margin = backfill_closes_at(tasks[0]) - tasks[0].due_at
    return [task for task in tasks if now < task.due_at + margin]


def past_reports(actor: Actor) -> QuerySet[WeeklyReport]:
    """Signed weekly reports a person looks back on, the latest first."""
    return WeeklyReport.objects.for_actor(actor).filter(covered(actor)).order_by("-week_on", "-id")


def past_minutes(actor: Actor) -> QuerySet[MonthlyMinutes]:
    """Signed minutes a person looks back on, the latest first."""
    return (
        MonthlyMinutes.objects.for_actor(actor)
        .filter(covered(actor))
        .select_related("principal_signature")
        .order_by("-period_on", "-id")
    )


def waiting_for_principal(actor: Actor) -> QuerySet[MonthlyMinutes]:
    """Minutes that a director generated and no principal has signed yet; for principals only."""
    if not actor.has_role(Role.PRINCIPAL):
        return MonthlyMinutes.objects.none()
    return (
        MonthlyMinutes.objects.for_actor(actor)
        .filter(facts__needs_principal=True, principal_signature=None)
        .order_by("period_on", "id")
    )


# ------------------------------------------------------------------ one report
def get_weekly_report(actor: Actor, code: str) -> WeeklyReport:
    """A signed weekly report with everything its page prints; 404 for a foreign one."""
    found = (
        WeeklyReport.objects.for_actor(actor)
        .select_related("unit", "task", "signature", "author")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("周报告不存在")
    return found


def get_minutes(actor: Actor, code: str) -> MonthlyMinutes:
    """Signed minutes with photos and both signatures; 404 for foreign ones."""
    pictures = MinutesPhoto.objects.select_related("photo__copy")
    found = (
        MonthlyMinutes.objects.for_actor(actor)
        .select_related("unit", "task", "signature", "author", "principal_signature__signature")
        .prefetch_related(Prefetch("photos", pictures))
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("月报告不存在")
    return found
