"""System packages: installed when that is possible, named in one sentence when not."""

from pathlib import Path

import pytest

from config.embedded import packages


def test_a_missing_package_is_named_with_its_consequence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    said: list[str] = []
    complete = packages.ensure(
        lambda: ["libpango-1.0-0", "libharfbuzz-subset0"],
        "PDF 页面暂不可用",
        tmp_path / "log",
        said.append,
    )
    assert complete is False
    assert said == [
        "缺少系统软件包 libpango-1.0-0 libharfbuzz-subset0，PDF 页面暂不可用。"
        "请管理员执行：apt-get install libpango-1.0-0 libharfbuzz-subset0"
    ]


def test_nothing_is_said_when_all_is_there(tmp_path: Path) -> None:
    said: list[str] = []
    assert packages.ensure(list, "", tmp_path / "log", said.append) is True
    assert said == []


def test_root_installs_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """apt-get is a stand-in on PATH that makes the library appear."""
    installed = tmp_path / "installed"
    program = tmp_path / "apt-get"
    program.write_text(f'#!/bin/sh\ncase "$*" in *" install "*) echo "$*" >{installed} ;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    said: list[str] = []
    complete = packages.ensure(
        lambda: [] if installed.exists() else ["libpango-1.0-0"],
        "",
        tmp_path / "log",
        said.append,
    )
    assert complete is True
    assert said == ["正在安装系统软件包：libpango-1.0-0 ……"]
    assert installed.read_text() == (
        "-o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends libpango-1.0-0\n"
    )


def test_a_browser_comes_from_the_first_package_that_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """apt-get stands in for one of a distribution that does not know the headless shell."""
    program = tmp_path / "apt-get"
    program.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        "*headless-shell) exit 100 ;;\n"
        f"*chromium) printf '#!/bin/sh\\n' >{tmp_path}/chromium; /bin/chmod +x {tmp_path}/chromium ;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    said: list[str] = []
    assert packages.browser() is None
    assert packages.ensure_browser(tmp_path / "log", said.append) is True
    assert said == [
        "正在安装系统软件包：chromium-headless-shell ……",
        "正在安装系统软件包：chromium ……",
    ]
    assert packages.browser() == str(tmp_path / "chromium")
    assert packages.ensure_browser(tmp_path / "log", said.append) is True
    assert len(said) == 2


def test_a_library_is_looked_for_by_loading_it() -> None:
    assert packages._loads("libc.so.6") is True
    assert packages._loads("libsurely-not-there.so.9") is False
