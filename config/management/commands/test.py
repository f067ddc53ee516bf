"""manage.py test [pytest arguments]: the tests on an embedded throw-away server."""

from django.core.management.base import BaseCommand

from config.embedded import testrun


class Command(BaseCommand):
    help = "运行测试；其余参数原样交给 pytest，例如：./shouze test tests/units -q"

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand every argument to pytest and end with its exit code."""
        raise SystemExit(testrun.main(argv[2:]))
