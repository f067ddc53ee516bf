"""Thirty days of an invented district, replayed through the product's own actions day by day.

Every day goes as in life: at 00:05 the generator runs, messages go out, deadlines are marked; in
the morning officers make their rounds, later directors order and officers rectify. Nothing is
written but by actions, with the `now` of the story, and the random numbers are seeded: the same
start day gives the same story. Units are replayed in two processes, in step by days, because
only what belongs to one unit happens in them.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

from config.actor import Actor
from config.clock import at, local_day
from duties.actions.draft import PHOTO_PURPOSE, attach_photo, save_answers
from duties.actions.submit import finish, sign
from duties.answers import ROUND_KEY, Change
from duties.checklists import Composed, compose
from duties.enums import Cadence, Handling, Result, RoundStatus, TaskKind, TaskState
from duties.models import Inspection, Task
from duties.periods import period_of
from equipment import subjects
from hazards.actions import (
    order_rectification,
    review_rectification,
    send_back,
    submit_rectification,
)
from hazards.models import Hazard
from hazards.states import HazardState, Source
from reports.actions.issue import issue_daily_check
from reports.demo import cast, papers, periodic
from reports.demo.pictures import photograph, signature_strokes
from units.loader import actor_for_staff, load_actor
from units.models import Appointment, Photo, Staff, Unit
from units.photos import store_photo
from units.roles import OFFICERS, Role
from units.signatures import store_signature

SHOWN = "yunjie"
HAZARD_PHOTO = "hazard_photo"
FIXES = (
    "已紧固并试运行正常",
    "已更换损坏部件，复测合格",
    "已清理干净并恢复警示标识",
    "已调整间隙，运行平稳",
)
NO_PHOTO = "现场防爆区域禁止使用手机拍照"
STOPS = ("维保单位当日停机保养", "节假日场所关闭，设备未运行", "等待更换钢丝绳，已断电挂牌")
LATE = ("当日外出培训，次日补录", "手机故障，次日补录", "当班临时调休，次日补录")


class UnitStory:
    """One unit's days: `morning` makes the rounds, `afternoon` carries the hazards on."""

    def __init__(
        self,
        unit: Unit,
        plan: cast.UnitPlan,
        day: date,
        *,
        is_today: bool = False,
        last_day: date | None = None,
    ):
        self.unit = unit
        self.plan = plan
        self.day = day
        # Today every unit finds a hazard at its first machine, and directors have not come yet, so
        # that the demo has hazards in every state.
        self.is_today = is_today
        # The shown unit's running reports are left to be written.
        self.unwritten_on = last_day if plan.username == SHOWN else None
        self.finds_one = is_today
        # A day that is taken up again after a break goes on with other random numbers.
        done = Inspection.objects.filter(unit=unit, received_at__date=day).count()
        self.rng = random.Random(f"{unit.credit_code}{day.isoformat()}{done}")
        people = Appointment.objects.filter(staff__unit=unit, staff__ended_on=None).select_related(
            "staff__user", "staff__unit"
        )
        self.by_role: dict[str, list[Staff]] = {}
        for post in people.order_by("pk"):
            self.by_role.setdefault(post.role, []).append(post.staff)
        self.actors: dict[int, Actor] = {}
        self.lists: dict[tuple[str, str, str], Composed] = {}

    def actor(self, staff: Staff) -> Actor:
        if staff.pk not in self.actors:
            self.actors[staff.pk] = actor_for_staff(staff, on=self.day)
        return self.actors[staff.pk]

    # ------------------------------------------------------------ rounds
    def morning(self, until: datetime) -> None:
        """Every officer makes the rounds of the day, one after another, and fills in gaps."""
        clock: dict[int, datetime] = {}
        for role in OFFICERS:
            for staff in self.by_role.get(role, []):
                clock[staff.pk] = at(self.day, 7, 30) + timedelta(minutes=self.rng.randint(0, 90))
        # A machine without an officer waits for one; licences and stations may be a pool's.
        tasks = (
            Task.objects.filter(unit=self.unit, cadence=Cadence.DAILY)
            .exclude(equipment__isnull=False, assignee=None)
            .select_related(
                "unit", "equipment", "licence", "station", "assignee__user", "assignee__unit"
            )
        )
        backlog = tasks.filter(
            state=TaskState.MISSED, period_on__gte=self.day - timedelta(days=2)
        ).order_by("pk")
        today = tasks.filter(period_on=self.day, state=TaskState.TODO).order_by("pk")
        for task in [*backlog, *today]:
            late = task.state == TaskState.MISSED
            if self.rng.random() > (0.45 if late else self.plan.diligence):
                continue
            staff = periodic.performer(task, self.by_role)
            if staff is None:
                continue
            begun = clock[staff.pk]
            took = timedelta(seconds=self.rng.randint(150, 420))
            if begun + took > until:
                continue
            clock[staff.pk] = begun + took + timedelta(seconds=self.rng.randint(60, 240))
            self.inspect(task, staff, begun, begun + took)

    def checklist(self, task: Task) -> Composed:
        key = (task.unit_kind, task.category, task.cadence)
        if key not in self.lists:
            self.lists[key] = compose(
                unit=self.unit,
                unit_kind=task.unit_kind,
                category=task.category,
                cadence=task.cadence,
                at=at(self.day, 7),
            )
        return self.lists[key]

    def inspect(self, task: Task, staff: Staff, begun: datetime, done: datetime) -> None:
        """One whole round, as the phone would send it."""
        actor = self.actor(staff)
        composed = self.checklist(task)
        client_uuid = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        stopped = task.equipment_id is not None and self.rng.random() < 0.008
        changes = {ROUND_KEY: Change(self._round(task, stopped=stopped))}
        failing = None
        if not stopped:
            failing = composed.items[0] if self.finds_one else self._failing(composed)
            for item in composed.items:
                changes[item["key"]] = Change(self._answer(item, item is failing))
            self.finds_one = False
        save_answers(
            task,
            client_uuid=client_uuid,
            version_hash=composed.content_hash,
            changes=changes,
            device_started_at=begun,
            actor=actor,
            now=begun + (done - begun) / 2,
        )
        if failing is not None and not changes[failing["key"]].values["no_photo_reason"]:
            attach_photo(
                task,
                item_key=failing["key"],
                photo=self.photo(actor, PHOTO_PURPOSE, begun),
                client_uuid=client_uuid,
                version_hash=composed.content_hash,
                actor=actor,
                now=done - timedelta(seconds=50),
            )
        finish(task, device_finished_at=done, actor=actor, now=done - timedelta(seconds=20))
        sign(
            task,
            signature=lambda: store_signature(
                strokes_json=signature_strokes(self.rng), actor=actor, now=done
            ),
            client_uuid=client_uuid,
            actor=actor,
            now=done,
        )

    def _round(self, task: Task, *, stopped: bool) -> dict[str, str]:
        status = RoundStatus.STOPPED if stopped else RoundStatus.IN_USE
        return {
            "round_status": status if task.equipment_id is not None else "",
            "stop_reason": self.rng.choice(STOPS) if stopped else "",
            "backfill_reason": self.rng.choice(LATE) if task.state == TaskState.MISSED else "",
        }

    def _failing(self, composed: Composed) -> dict | None:
        return self.rng.choice(composed.items) if self.rng.random() < 0.013 else None

    def _answer(self, item: dict, fails: bool) -> dict[str, str]:
        blank = dict.fromkeys(("handling", "handling_result", "note", "no_photo_reason"), "")
        if not fails:
            rare = self.rng.random() < 0.03
            return {**blank, "result": Result.NOT_APPLICABLE if rare else Result.PASS}
        at_once = not self.finds_one and self.rng.random() < 0.4
        return {
            **blank,
            "result": Result.FAIL,
            "handling": Handling.IMMEDIATE if at_once else Handling.PENDING,
            "handling_result": self.rng.choice(FIXES) if at_once else "",
            "no_photo_reason": NO_PHOTO if self.rng.random() < 0.15 else "",
        }

    def photo(self, actor: Actor, purpose: str, taken_at: datetime, **how: bool) -> Photo:
        return store_photo(
            photograph(self.rng, taken_at, **how),
            unit_id=self.unit.pk,
            client_uuid=uuid.UUID(int=self.rng.getrandbits(128), version=4),
            purpose=purpose,
            actor=actor,
            now=taken_at + timedelta(seconds=30),
        )

    # ------------------------------------------------------------ weeks and months
    def midday(self, until: datetime) -> None:
        """Weekly and monthly inspections, weekly reports, minutes and their second signature."""
        now = at(self.day, 11)
        work = periodic.due_work(self.unit.pk, self.day, self.rng, self.plan.diligence)
        for task in work:
            staff = periodic.performer(task, self.by_role)
            now += timedelta(minutes=self.rng.randint(4, 9))
            if staff is None or now > until:
                continue
            if task.kind != TaskKind.INSPECTION and self.is_left(task):
                continue
            if task.kind == TaskKind.INSPECTION:
                self.inspect(task, staff, now - timedelta(minutes=4), now)
            else:
                papers.write(self, task, staff, now)
        papers.countersign_all(self, until)

    def is_left(self, task: Task) -> bool:
        """Whether a report's period runs on the story's last day, in the unit that is shown."""
        day = self.unwritten_on
        return day is not None and task.period_on == period_of(task.cadence, day)

    # ------------------------------------------------------------ hazards
    def afternoon(self, until: datetime) -> None:
        """Directors order, officers rectify, directors re-check; each step takes its days."""
        steps: dict[str, Callable[[Hazard, datetime], None]] = {
            HazardState.PENDING_ORDER: self.order,
            HazardState.PENDING_RECTIFICATION: self.rectify,
            HazardState.RECTIFIED: self.review,
        }
        waiting = (
            Hazard.objects.filter(unit=self.unit, state__in=steps)
            .select_related("unit", "equipment__officer__user", "equipment__officer__unit")
            .select_related("licence__officer__user", "licence__officer__unit")
            .select_related("station__officer__user", "station__officer__unit")
            .select_related("found_by__user", "found_by__unit")
            .order_by("pk")
        )
        for hazard in waiting:
            now = at(self.day, 14) + timedelta(minutes=self.rng.randint(0, 170))
            if now <= until and now > hazard.found_at:
                steps[hazard.state](hazard, now)

    def director_of(self, hazard: Hazard) -> Staff:
        """Who directs the kind of unit that a hazard belongs to, else the principal."""
        role = subjects.DIRECTOR_OF[subjects.of(hazard.category).unit_kind]
        return self.first_of(role, Role.PRINCIPAL)

    def first_of(self, *roles: str) -> Staff:
        for role in roles:
            if self.by_role.get(role):
                return self.by_role[role][0]
        raise LookupError(self.unit.name)

    def order(self, hazard: Hazard, now: datetime) -> None:
        if not self.is_today and self.rng.random() < 0.7:
            order_rectification(
                hazard,
                measures=hazard.advice,
                due_on=self.day + timedelta(days=self.rng.choice((1, 3, 3, 7))),
                actor=self.actor(self.director_of(hazard)),
                now=now,
            )

    def rectifier(self, hazard: Hazard) -> Staff | None:
        """Daily: the present officer of what was inspected, or the finder; weekly: the director;
        monthly: the principal."""
        if hazard.source == Source.MONTHLY:
            return self.first_of(Role.PRINCIPAL)
        if hazard.source == Source.WEEKLY:
            return self.director_of(hazard)
        subject = hazard.equipment or hazard.licence or hazard.station
        officer = subject.officer if subject is not None else hazard.found_by
        return officer or (hazard.found_by if hazard.equipment is None else None)

    def rectify(self, hazard: Hazard, now: datetime) -> None:
        officer = self.rectifier(hazard)
        if officer is not None and self.rng.random() < 0.42:
            actor = self.actor(officer)
            submit_rectification(
                hazard,
                result=self.rng.choice(FIXES),
                photos=[self.photo(actor, HAZARD_PHOTO, now, repaired=True)],
                actor=actor,
                now=now + timedelta(minutes=3),
            )

    def review(self, hazard: Hazard, now: datetime) -> None:
        if hazard.source != Source.DAILY:  # those of weeks and months have no 复查
            return
        if self.is_today or not self.plan.reviews_hazards or self.rng.random() > 0.6:
            return
        actor = self.actor(self.director_of(hazard))
        if self.rng.random() < 0.15 and not hazard.is_immediate:
            due_on = self.day + timedelta(days=3)
            send_back(
                hazard,
                reason="现场复查发现整改不彻底，请重新处理",
                due_on=due_on,
                actor=actor,
                now=now,
            )
        else:
            review_rectification(hazard, note="现场复查合格", actor=actor, now=now)


# Today's rounds stop here, so that whoever starts the demo has some left to make.
TODAY_UNTIL = (8, 40)


def play(
    unit_id: int,
    username: str,
    day: date,
    until: datetime,
    *,
    is_today: bool,
    last_day: date | None = None,
) -> None:
    """Replay one unit's day up to the moment `until`."""
    unit = Unit.objects.get(pk=unit_id)
    plan = next(plan for plan in cast.UNITS if plan.username == username)
    story = UnitStory(unit, plan, day, is_today=is_today, last_day=last_day)
    story.morning(min(until, at(day, *TODAY_UNTIL)) if is_today else until)
    story.midday(min(until, at(day, *TODAY_UNTIL)) if is_today else until)
    story.afternoon(until)


def issue_some_documents(*, now: datetime) -> int:
    """Let every unit admin issue the record forms of yesterday's rounds with hazards and one other."""
    yesterday = local_day(now) - timedelta(days=1)
    issued = 0
    for unit in Unit.objects.filter(equipment__isnull=False).distinct():
        chosen = list(
            Inspection.objects.filter(unit=unit, period_on=yesterday).order_by(
                "-hazard_count", "pk"
            )
        )[:1]
        for inspection in chosen:
            issue_daily_check(inspection, actor=_admin(unit), now=now)
            issued += 1
    return issued


def _admin(unit: Unit) -> Actor:
    return load_actor(unit.accounts.get())
