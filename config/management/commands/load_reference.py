"""manage.py load_reference: bring the reference tables to what the data files say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import reference


class Command(BaseCommand):
    help = "载入行政区划、法规、职责守则、设备目录、名称、许可对应关系、固定清单和气瓶规则（可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print created / changed / unchanged per table; a wrong file writes nothing.

        Silent with --verbosity 0. Raises CommandError that names file, line, row and field.
        """
        try:
            tallies = reference.load_all()
        except reference.DataError as error:
            sentences = "\n".join(error.problems)
            raise CommandError(f"基础数据有误，未写入任何内容：\n{sentences}") from error
        if options["verbosity"] == 0:
            return
        for tally in tallies:
            self.stdout.write(str(tally))
        total = [sum(getattr(t, n) for t in tallies) for n in ("created", "changed", "unchanged")]
        self.stdout.write("基础数据合计：新增 {}，变更 {}，未变 {}".format(*total))
