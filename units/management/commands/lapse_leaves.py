"""manage.py lapse_leaves: requests to leave that nobody answered in three days take effect."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from units.actions.leave import lapse_requests


class Command(BaseCommand):
    help = "使 3 天未处理的离职申请生效，与后台任务 units.tasks.lapse_leaves 相同；可重复执行"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"自动生效的离职申请 {lapse_requests(now=timezone.now())} 份")
