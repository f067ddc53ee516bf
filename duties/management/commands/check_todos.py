"""`manage.py check_todos [--days N]`: compare the to-dos with the rule; twin of the nightly task."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from duties import selfcheck

# The rows come as masks of 64 bits, one bit a day.
MOST_DAYS = 60


class Command(BaseCommand):
    help = "核对最近若干天（默认 35 天）的待办与规则是否一致；有差异时退出码为 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=selfcheck.DAYS, help="核对的天数，默认 35")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"核对的天数请填 1 至 {MOST_DAYS}。")
        result = selfcheck.run(now=timezone.now(), days=options["days"])
        for line in result.lines:
            self.stdout.write(line)
        self.stdout.write(
            f"{result.first_on} 至 {result.last_on}：应有 {result.owed} 条，"
            f"差异 {result.differences} 处，用时 {result.seconds} 秒。"
        )
        if result.differences:
            sys.exit(1)
