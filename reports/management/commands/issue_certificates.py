"""manage.py issue_certificates: write the certificates whose PDF was never written."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reports.actions import paperwork
from units.loader import load_actor


class Command(BaseCommand):
    help = "补生成没有 PDF 的气瓶使用登记证，与后台任务 reports.tasks.write_certificates 相同"

    def handle(self, *args: Any, **options: Any) -> None:
        found = [one for one in paperwork.unwritten() if one.user_id is not None]
        for revision in found:
            actor = load_actor(revision.user)
            paperwork.write_certificate(revision, actor=actor, now=timezone.now())
        self.stdout.write(f"生成使用登记证 {len(found)} 张。")
