"""`manage.py generate_tasks --date YYYY-MM-DD`: make one day's to-dos exist (F47)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.clock import local_day
from duties import generation

FIRST_DAY = date(2023, 5, 5)  # Orders 73 and 74 in force
DAYS_AHEAD = 35


class Command(BaseCommand):
    help = "生成某日（默认今天）的待办；可重复执行，不会重复生成。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", help="日期，格式 YYYY-MM-DD，默认今天")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        today = local_day(now)
        day = today
        if options["date"]:
            try:
                day = date.fromisoformat(options["date"])
            except ValueError as error:
                raise CommandError(
                    f"日期“{options['date']}”无效，请写成 YYYY-MM-DD，例如 2026-11-20。"
                ) from error
        if not FIRST_DAY <= day <= today + timedelta(days=DAYS_AHEAD):
            raise CommandError(
                f"只能生成 {FIRST_DAY} 至 {today + timedelta(days=DAYS_AHEAD)} 之间的待办。"
            )
        outcome = generation.run_day(day, now=now)
        for line in outcome.lines():
            self.stdout.write(line)
