"""manage.py demo: the whole product on this machine, until Ctrl-C."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.embedded.place import Place
from config.embedded.supervisor import Supervisor


class Command(BaseCommand):
    help = "在本机启动完整的守责（数据库、网页、后台任务、定时器），按 Ctrl-C 停止"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="不生成演示数据，只有基础数据")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the supervisor; manage.py turns an EmbeddedError into its sentence and code 1."""
        port = os.environ.get("PORT") or "8000"
        supervisor = Supervisor(Place.from_environment(), port, self._say)
        supervisor.run(demo_data=not options["empty"])

    def _say(self, sentence: str) -> None:
        try:
            self.stdout.write(sentence)
            self.stdout.flush()
        except BrokenPipeError:
            pass  # whoever read our words has gone; the demo goes on
