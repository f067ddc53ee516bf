"""`manage.py remind_cylinders`: move overdue cylinders into 待检, remind units of what falls due."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cylinders import reminders


class Command(BaseCommand):
    help = "将检验超期的在用气瓶转入待检，提醒单位即将到期的气瓶；可重复执行，同一天不重复提醒。"

    def handle(self, *args: Any, **options: Any) -> None:
        told = reminders.remind(now=timezone.now())
        self.stdout.write(f"转入待检 {told.moved} 只，新提醒单位账号 {told.units} 个")
