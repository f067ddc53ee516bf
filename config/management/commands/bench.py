"""manage.py bench [NAME [pytest arguments]]: one benchmark on a throw-away database of its own."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand

from config.embedded import testrun
from config.embedded.place import PROJECT

FOLDER = PROJECT / "tests" / "benchmarks"


def benchmarks() -> dict[str, Path]:
    """Name -> file: tests/benchmarks/bench_machine_list.py is called machine-list."""
    found = sorted(FOLDER.glob("bench_*.py"))
    return {path.stem.removeprefix("bench_").replace("_", "-"): path for path in found}


def _quarter_of_memory() -> int:
    """A quarter of the machine's memory in MB, as a database server is set up."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 1024**2


class Command(BaseCommand):
    help = "测量性能（与同一次运行中的基准比较）；不带名称时列出全部：./shouze bench machine-list"

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the benchmark with everything it prints, and end with its exit code."""
        known = benchmarks()
        if len(argv) < 3:
            self.stdout.write("\n".join(known) or "没有找到基准测试。")
            raise SystemExit(0)
        name, *others = argv[2:]
        if name not in known:
            raise SystemExit(f"没有名为 {name} 的基准测试，现有：{'、'.join(known)}。")
        path = known[name].relative_to(PROJECT)
        # A province does not fit into the cache that tests get by with.
        os.environ.setdefault("SHOUZE_SHARED_BUFFERS_MB", str(_quarter_of_memory()))
        raise SystemExit(testrun.main([str(path), "-q", "-s", "--no-header", *others]))
