"""manage.py remind: tell of certificates that end, and of drills and trainings not held."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from units import reminders


class Command(BaseCommand):
    help = "提醒证书到期、当年未登记演练和培训，与后台任务 units.tasks.remind 相同；不会重复提醒"

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        papers = reminders.remind_certificates(now=now)
        missing = reminders.remind_activities(now=now)
        self.stdout.write(f"证书到期提醒 {papers} 份，演练和培训提醒 {missing} 条")
