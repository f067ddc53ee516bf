"""manage.py sweep_files: files of refused forms that were not sent again within a day are removed."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from units import carried


class Command(BaseCommand):
    help = "删除退回后一天内没有再次提交的文件，与后台任务 units.tasks.sweep_files 相同；可重复执行"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"删除的文件 {carried.sweep(now=timezone.now())} 个")
