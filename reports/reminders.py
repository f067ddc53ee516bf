"""What waits for a unit admin besides the rounds: papers that expire, requests, notices (F73).

Each entry names the list behind it and the very rows that this list shows under its filter, so the
figure is its 共 N 条. An entry shows as soon as its page exists and only to the kinds it concerns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse

from config.actor import Actor
from config.clock import local_day
from cylinders import queries_archive as cylinders
from equipment import queries_archive, queries_codes, queries_declarations
from equipment import queries_licences as licences
from equipment.models import Declaration
from reports.figures import Figure, link
from units import queries_activities, queries_leave, queries_notices
from units import queries_certificates as certificates
from units.models import Activity, LeaveRequest, Unit
from units.models.unit import UnitKind
from units.queries_profile import completeness_of

SHOWN_MISSING = 3
LICENSED = frozenset(licences.LICENSED_KINDS)
FILLS = frozenset({UnitKind.FILLING.value})


@dataclass(frozen=True)
class Entry:
    """One reminder: `rows` gives what the list of `url_name` shows under `params`."""

    label: str
    url_name: str
    params: tuple[tuple[str, str], ...]
    rows: Callable[[Actor, date], QuerySet]
    kind: str = "is-late"
    kinds: frozenset[str] = frozenset()

    def concerns(self, unit: Unit) -> bool:
        return _exists(self.url_name) and (not self.kinds or bool(self.kinds & set(unit.kinds)))


@dataclass(frozen=True)
class Note:
    """Something that is lacking, which no list can show: a word, a sentence, where to mend it."""

    kind: str
    word: str
    text: str
    url: str
    link_text: str


@dataclass(frozen=True)
class Reminders:
    """The figures that wait, in the order of the table, and what is lacking."""

    figures: list[Figure]
    notes: list[Note]

    @property
    def waiting(self) -> list[Figure]:
        return [one for one in self.figures if one.value]

    @property
    def clear(self) -> list[Figure]:
        return [one for one in self.figures if not one.value]


def _filtered(
    url_name: str,
    rows: Callable[..., QuerySet],
    kinds: frozenset[str],
    label: str,
    kind: str = "is-late",
    **asked: str,
) -> Entry:
    """What the list of `url_name`, which `rows` reads, shows under a filter."""
    return Entry(
        label,
        url_name,
        tuple(asked.items()),
        lambda actor, day: rows(actor, day=day, **asked),
        kind,
        kinds,
    )


_licences = partial(_filtered, "equipment:licence-list", licences.licence_list, LICENSED)
_cylinders = partial(_filtered, "cylinders:cylinder-list", cylinders.waiting, FILLS)
TABLE: tuple[Entry, ...] = (
    Entry(
        "证书 60 天内到期",
        "units:certificate-list",
        (("expiry", certificates.EXPIRING),),
        lambda actor, day: certificates.expiring(actor, day=day),
    ),
    Entry(
        "证书已过期",
        "units:certificate-list",
        (("expiry", certificates.EXPIRED),),
        lambda actor, day: certificates.expired(actor, day=day),
        "is-danger",
    ),
    _licences("许可即将到期", state=licences.SOON),
    _licences("许可已过期", "is-danger", state=licences.EXPIRED),
    _licences("许可未指定责任人", officer="none"),
    Entry(
        "工位未指定责任人",
        "equipment:station-list",
        (("officer", "none"),),
        lambda actor, day: licences.station_list(actor, officer="none"),
        kinds=FILLS,
    ),
    _cylinders("气瓶 30 天内到期检验", due=cylinders.SOON),
    _cylinders("气瓶检验已超期", "is-danger", due=cylinders.OVERDUE),
    _cylinders("气瓶 90 天内到使用年限", life=cylinders.LIFE_SOON),
    _cylinders("气瓶使用年限已届满", "is-danger", life=cylinders.PAST),
    Entry(
        "离职申请待处理",
        "units:leave-list",
        (("state", LeaveRequest.State.OPEN.value),),
        lambda actor, day: queries_leave.waiting(actor),
    ),
    Entry(
        "通知未读",
        "units:regulation-list",
        (("tab", "external"), ("read", "no")),
        lambda actor, day: queries_notices.unread(actor),
    ),
    Entry(
        "申报待监管确认",
        "equipment:declaration-list",
        (("tab", Declaration.State.FILED.value),),
        lambda actor, day: queries_declarations.waiting(actor),
        "",
    ),
    Entry(
        "公众报告待处理",
        "equipment:report-list",
        (("state", "waiting"),),
        lambda actor, day: queries_codes.reports(actor, state="waiting"),
    ),
    Entry(
        "历史设备待认领",
        "equipment:claim-list",
        (("state", queries_archive.WAITING),),
        lambda actor, day: queries_archive.records(actor, state=queries_archive.WAITING),
    ),
)
# Of which every year wants a record: what is lacking, and where it is registered.
YEARLY = {
    Activity.Kind.DRILL: "units:drill-list",
    Activity.Kind.TRAINING: "units:training-list",
}


def reminders(actor: Actor, unit: Unit, now: datetime) -> Reminders:
    """The reminders that concern a unit, counted together in one query."""
    day = local_day(now)
    shown = [entry for entry in TABLE if entry.concerns(unit)]
    counts = _count(unit, [entry.rows(actor, day) for entry in shown])
    return Reminders(
        [
            Figure(entry.label, number, link(entry.url_name, **dict(entry.params)), entry.kind)
            for entry, number in zip(shown, counts, strict=True)
        ],
        [*_profile(unit, actor, day), *_yearly(actor, day)],
    )


def _profile(unit: Unit, actor: Actor, day: date) -> list[Note]:
    """How complete 企业信息 is, unless nothing is missing (three queries)."""
    found = completeness_of(unit, actor, on=day)
    if found.is_complete:
        return []
    words = "、".join(one.label for one in found.missing[:SHOWN_MISSING])
    more = " 等" if len(found.missing) > SHOWN_MISSING else ""
    text = f"企业信息还缺 {len(found.missing)} 项：{words}{more}。"
    return [Note("late", f"完整度 {found.percent}%", text, reverse("units:profile"), "去补全")]


def _yearly(actor: Actor, day: date) -> list[Note]:
    """The drills and trainings that this year still lacks (one query)."""
    return [
        Note(
            "late",
            "未登记",
            f"{day.year} 年还没有登记{kind.label}。",
            reverse(YEARLY[kind]),
            f"登记{kind.label}",
        )
        for kind in queries_activities.missing_this_year(actor, day=day)
    ]


def _count(unit: Unit, found: list[QuerySet]) -> list[int]:
    """How many rows each queryset has; all of them in one query."""
    if not found:
        return []
    columns = {f"n{index}": _counted(rows) for index, rows in enumerate(found)}
    row = Unit.objects.filter(pk=unit.pk).values(**columns).get()
    return [row[name] for name in columns]


def _counted(rows: QuerySet) -> Subquery:
    """The number of rows as a column; a list may bring annotations of its own along."""
    count = Func(F("pk"), function="COUNT", output_field=IntegerField())
    found = rows.model.objects.filter(pk__in=rows.order_by().values("pk"))
    return Subquery(found.order_by().values(rows_found=count))


def _exists(url_name: str) -> bool:
    try:
        reverse(url_name)
    except NoReverseMatch:
        return False
    return True
