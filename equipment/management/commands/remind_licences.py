"""`manage.py remind_licences`: remind units of licences that expire."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from equipment.actions import licence_reminders


class Command(BaseCommand):
    help = "提醒即将到期和已经到期的许可；可重复执行，同一阶段不会重复提醒。"

    def handle(self, *args: Any, **options: Any) -> None:
        told = licence_reminders.remind(now=timezone.now())
        self.stdout.write(f"新提醒许可 {told} 张")
