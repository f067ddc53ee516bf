"""The helpers of these tests bear processes that end while they are looked at."""

import os
import subprocess
import sys

from tests.platform.running import parent_of


def test_the_parent_of_a_process_that_has_ended_is_nobody() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert parent_of(ended.pid) == 0


def test_the_parent_of_a_living_process() -> None:
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert parent_of(living.pid) == os.getpid()
    finally:
        living.communicate()
