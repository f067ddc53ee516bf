"""`manage.py seed_demo`: the invented district, once; see reports/demo/story.py."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections, transaction
from django.db.models import Max
from django.utils import timezone

from config.clock import at, local_day
from config.embedded.processes import die_with_parent
from duties.generation import close_expired, run_due
from duties.models import GenerationRun
from hazards.actions import mark_overdue
from reports.demo import archive, cast, cylinders, desk, story
from reports.models import IssuedDocument
from units import delivery
from units.models import Unit

DAYS = 30
PROCESSES = 2


class Command(BaseCommand):
    help = "生成演示数据（空数据库上一次；中断后再次执行会接着做，完整后不做任何事）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help="历史天数，默认 30")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        now = timezone.now()
        start = local_day(now) - timedelta(days=options["days"])
        if IssuedDocument.objects.exists():
            self.stdout.write("演示数据已经完整，不再生成。")
            return
        units = self._opened()
        if units is None:
            self.stdout.write("数据库中已有其他单位，不生成演示数据。")
            return
        if units:
            # Broken off last time: go on with the day that was not finished.
            start = self._last_day() or start
            self.stdout.write(f"上次中断，从 {start} 继续。")
        else:
            with transaction.atomic():
                units = self._open(start)
        self.stdout.write(f"已建立 {len(units)} 家单位（{time.monotonic() - began:.0f} 秒）。")
        connections.close_all()
        with ProcessPoolExecutor(
            PROCESSES, mp_context=multiprocessing.get_context("fork"), initializer=_own_connection
        ) as pool:
            total = (local_day(now) - start).days + 1
            for number in range(total):
                self._day(start + timedelta(days=number), units, pool, now)
                # Read by the supervisor, which tells how far it is.
                self.stdout.write(f"  演示数据：第 {number + 1}/{total} 天")
                self.stdout.flush()
        desk.lay_out(now=now)
        cylinders.tell(now=now)
        documents = story.issue_some_documents(now=now)
        delivery.drain(now=now, limit=10_000)
        self.stdout.write(
            f"演示数据完成：{options['days']} 天历史，{documents} 份记录表单，"
            f"用时 {time.monotonic() - began:.0f} 秒。"
        )

    def _opened(self) -> dict[str, int] | None:
        """The demo's units that stand already ({} = empty database), None if there are others."""
        names = {plan.name: plan.username for plan in cast.UNITS}
        found = dict(Unit.objects.values_list("name", "pk"))
        if set(found) - set(names):
            return None
        return {names[name]: pk for name, pk in found.items()}

    def _last_day(self) -> date | None:
        """The last day the generator ran for: the one at which a broken-off story stands."""
        return GenerationRun.objects.aggregate(last=Max("day"))["last"]

    def _open(self, start: date) -> dict[str, int]:
        archive.open_bureaus(now=at(start, 8))
        run = archive.Sequence()
        return {
            plan.username: archive.build_unit(plan, number, run, start=start).unit.pk
            for number, plan in enumerate(cast.UNITS, 1)
        }

    def _day(
        self, day: date, units: dict[str, int], pool: ProcessPoolExecutor, now: datetime
    ) -> None:
        """One day of the story; what lies behind `now` has not happened yet."""
        midnight = at(day, 0, 5)
        if midnight > now:
            return
        run_due(now=midnight)
        mark_overdue(now=midnight)
        connections.close_all()
        until = min(now, at(day, 23, 30))
        played = [
            pool.submit(
                story.play,
                pk,
                username,
                day,
                until,
                is_today=day == local_day(now),
                last_day=local_day(now),
            )
            for username, pk in units.items()
        ]
        for one in played:
            one.result()
        close_expired(now=min(now, at(day + timedelta(days=1), 0)))
        delivery.drain(now=until, limit=10_000)


def _own_connection() -> None:
    """A forked process must not share its parent's database connection, nor outlive it."""
    die_with_parent()
    connections.close_all()
