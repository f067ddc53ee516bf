"""The pinned requirement files: hashed, without addresses, and one a superset of the other."""

import re
import tomllib

import pytest

from config.embedded.place import PROJECT

FOLDER = PROJECT / "config" / "requirements"


def pins(name: str) -> dict[str, str]:
    """Return {package: "==version ; marker"} of a requirement file."""
    text = (FOLDER / name).read_text()
    found = {}
    for line in text.splitlines():
        if match := re.match(r"([a-z0-9-]+)(==[^\\]+)", line):
            found[match[1]] = match[2].strip()
    return found


def wanted(group: list[str]) -> set[str]:
    return {re.split(r"[\[~<>= ]", name)[0].lower().replace("_", "-") for name in group}


def test_everything_asked_for_is_pinned() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    run, test = pins("run.txt"), pins("test.txt")
    assert wanted(project["project"]["dependencies"]) - set(run) == set()
    assert wanted(project["dependency-groups"]["test"]) - set(test) == set()


def test_the_test_file_holds_everything_of_the_run_file() -> None:
    run, test = pins("run.txt"), pins("test.txt")
    assert {name: test.get(name) for name in run} == run


@pytest.mark.parametrize("name", ["run.txt", "test.txt"])
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    text = (FOLDER / name).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text
    assert len(blocks) == len(pins(name))
