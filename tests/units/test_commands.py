"""create_bureau, create_unit, create_account: clear output, refusals in words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.world import PASSWORD
from units.models import AuditEntry, Bureau, Unit, User

CREDIT = "91350100M000100Y43"


def unit(**changes: Any) -> None:
    options = {"credit_code": CREDIT, "region": "500103", "kind": ["using"]} | changes
    call_command("create_unit", "丁物业有限公司", **options)


def test_from_nothing_to_an_account_for_each(db: None, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SHOUZE_PASSWORD", PASSWORD)
    call_command("create_bureau", "渝中区局", region="500103", phone="023-1")
    bureau = Bureau.objects.get()
    assert capsys.readouterr().out == (
        f"已设立监管机构：渝中区局（渝中区）\n编码：{bureau.code}\n"
        f"下一步，为它开通账号：create_account 账号名 --kind bureau --bureau {bureau.code}\n"
    )
    unit(contact="刘", contact_phone="023-2", address="民权路")
    made = Unit.objects.get()
    assert (made.contact_name, made.contact_phone, made.address) == ("刘", "023-2", "民权路")
    assert capsys.readouterr().out == (
        f"已开户：丁物业有限公司（使用单位，渝中区）\n编码：{made.code}\n"
        f"下一步，为它开通账号：create_account 账号名 --kind unit --unit {CREDIT}\n"
    )
    call_command("create_account", "ding", kind="unit", unit=CREDIT.lower())
    call_command("create_account", "yzj", kind="bureau", bureau=bureau.code, name="值班")
    call_command("create_account", "root1", kind="platform")
    assert capsys.readouterr().out == (
        "已开通单位账号：ding（丁物业有限公司）\n"
        "已开通监管账号：yzj（值班）\n"
        "已开通平台账号：root1（平台管理员）\n"
    )
    assert [user.check_password(PASSWORD) for user in User.objects.all()] == [True] * 3
    assert set(AuditEntry.objects.values_list("actor_kind", flat=True)) == {"system"}


def test_without_a_password_one_is_made_and_shown_once(
    db: None, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.delenv("SHOUZE_PASSWORD", raising=False)
    unit()
    call_command("create_account", "ding", kind="unit", unit=CREDIT)
    shown = re.search(r"初始密码：(\S+)（只显示这一次，请登录后修改）", capsys.readouterr().out)
    assert shown is not None
    assert User.objects.get().check_password(shown.group(1)) is True


def test_a_terminal_is_asked_twice(db: None, monkeypatch: Any) -> None:
    monkeypatch.delenv("SHOUZE_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    unit()
    answers = iter(["Typed-2026-a", "Typed-2026-b", "Typed-2026-c", "Typed-2026-c"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="两次输入的密码不一致。"):
        call_command("create_account", "ding", kind="unit", unit=CREDIT)
    call_command("create_account", "ding", kind="unit", unit=CREDIT)
    assert User.objects.get().check_password("Typed-2026-c") is True


@pytest.mark.parametrize(
    ("command", "arguments", "options", "sentence"),
    [
        (
            "create_bureau",
            ["局"],
            {"region": "999999"},
            "没有行政区划代码 999999，请先执行 load_reference 并核对代码。",
        ),
        ("create_bureau", [" "], {"region": "500103"}, "请填写监管机构名称。"),
        (
            "create_unit",
            ["丁"],
            {"credit_code": "1", "region": "500103", "kind": ["using"]},
            "统一社会信用代码应为 18 位，现为 1 位，请核对。",
        ),
        (
            "create_account",
            ["ding"],
            {"kind": "unit", "unit": "X"},
            "没有编码或统一社会信用代码为 X 的单位。",
        ),
        (
            "create_account",
            ["ding"],
            {"kind": "bureau", "bureau": "X"},
            "没有编码为 X 的监管机构。",
        ),
        ("create_account", ["ding"], {"kind": "unit"}, "账号类别与所属单位或监管机构不符。"),
    ],
)
def test_refusals_are_said_in_words(
    db: None, command: str, arguments: list[str], options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command(command, *arguments, **options)
    assert str(refused.value) == sentence
    assert (Bureau.objects.count(), Unit.objects.count(), User.objects.count()) == (0, 0, 0)


def test_a_weak_password_from_the_environment_is_refused(db: None, monkeypatch: Any) -> None:
    monkeypatch.setenv("SHOUZE_PASSWORD", "12345678")
    unit()
    with pytest.raises(CommandError, match="密码"):
        call_command("create_account", "ding", kind="unit", unit=CREDIT)
    assert User.objects.count() == 0
