"""`manage.py mark_overdue_hazards`: write down deadlines that have passed, let lapses go up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from hazards import actions


class Command(BaseCommand):
    help = "标记整改期限已过的隐患并通知相关人员；可重复执行，不会重复通知。"

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        marked = actions.mark_overdue(now=now)
        actions.escalate_overdue(now=now)
        self.stdout.write(f"新标记逾期隐患 {marked} 条")
