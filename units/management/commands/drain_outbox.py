"""manage.py drain_outbox: deliver what is due in the outbox."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from units import delivery


class Command(BaseCommand):
    help = "发送待发消息（短信），与后台任务 units.tasks.drain_outbox 相同"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(delivery.drain(now=timezone.now())))
