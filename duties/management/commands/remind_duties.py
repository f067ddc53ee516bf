"""`manage.py remind_duties [--at "YYYY-MM-DD HH:MM"]`: what beat says at 16:00 and in the morning."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.clock import SHANGHAI
from duties import escalation


class Command(BaseCommand):
    help = "提醒今日未完成的待办，上报漏检，与后台任务相同；可重复执行，同一件事只通知一次。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at", help="按这个时间（北京时间）执行，格式 YYYY-MM-DD HH:MM，默认现在"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = _moment(options["at"]) if options["at"] else timezone.now()
        told = escalation.remind_due(now=now) + escalation.escalate(now=now)
        self.stdout.write(str(told))


def _moment(text: str) -> datetime:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"时间“{text}”无效，请写成 YYYY-MM-DD HH:MM，例如 2026-11-20 16:00。"
        ) from error
    return typed.replace(tzinfo=SHANGHAI) if typed.tzinfo is None else typed
