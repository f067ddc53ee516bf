"""What a unit's registration has to hold, and when a credit code cannot register (F1)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from units.models import Region, Registration, Unit, User
from units.models.unit import UnitKind
from units.queries import supervisors_of_region
from units.validators import credit_code_problem, phone_problem, username_problem

State = Registration.State
TEXTS = {"name": "单位名称", "address": "地址", "contact_name": "联系人"}
FACTS = (
    "name",
    "credit_code",
    "kinds",
    "region",
    "address",
    "contact_name",
    "contact_phone",
    "username",
)
# What the audit trail may hold of them: no person, no phone.
SHOWN = frozenset({"name", "credit_code", "kinds", "region", "address", "username"})


def checked(
    *, kinds: Collection[str], region: Region | None, now: datetime, **texts: str
) -> dict[str, Any]:
    """The facts of an application, normalised; RuleBroken beside the first that is wrong."""
    found: dict[str, Any] = {}
    for field, label in TEXTS.items():
        found[field] = normalise(texts[field]).replace("\n", "")
        longest = Registration._meta.get_field(field).max_length
        if not found[field]:
            raise RuleBroken(f"{field}_missing", f"请填写{label}。", field=field)
        if len(found[field]) > longest:
            raise RuleBroken(f"{field}_long", f"{label}最多 {longest} 个字。", field=field)
    found["credit_code"] = normalise(texts["credit_code"]).replace(" ", "").upper()
    found["contact_phone"] = normalise(texts["contact_phone"])
    found["username"] = normalise(texts["username"]).lower()
    checks: dict[str, Callable[[str], str]] = {
        "credit_code": credit_code_problem,
        "contact_phone": phone_problem,
        "username": username_problem,
    }
    for field, problem_of in checks.items():
        if problem := problem_of(found[field]):
            raise RuleBroken(f"{field}_wrong", problem, field=field)
    found["kinds"] = [kind for kind in UnitKind.values if kind in set(kinds)]
    if not found["kinds"] or set(kinds) - set(found["kinds"]):
        raise RuleBroken("kinds_wrong", "请至少选择一个单位类型。", field="kinds")
    pickable = Region.objects.pickable(local_day(now))
    if region is None or not pickable.filter(pk=region.pk).exists():
        raise RuleBroken("region_wrong", "请选择现行的区县。", field="region")
    return found | {"region": region}


def refuse_taken(credit_code: str, username: str, *, but: Registration | None = None) -> None:
    """Raise RuleBroken when a credit code has a unit or an open registration, or a name is taken.

    Asked early by the form and again inside the lock. A credit code is public, so it is said who
    decides and whom to phone, but nothing of the other application. A returned application holds
    neither code nor name: else a stranger's would keep the unit itself out for ever.
    """
    unit = Unit.objects.select_related("region").filter(credit_code=credit_code).first()
    if unit is not None:
        sentence = (
            f"该统一社会信用代码已经开户，忘记账号或密码请联系{_whom_to_phone(unit.region)}。"
        )
        raise RuleBroken("credit_code_taken", sentence, field="credit_code")
    others = Registration.objects.filter(state=State.SUBMITTED)
    if but is not None:
        others = others.exclude(pk=but.pk)
    other = others.select_related("region").filter(credit_code=credit_code).first()
    if other is not None:
        raise already_open(other.region)
    if User.objects.filter(username=username).exists() or others.filter(username=username).exists():
        raise RuleBroken("username_taken", "该账号名已被使用，请换一个。", field="username")


def already_open(region: Region) -> RuleBroken:
    return RuleBroken(
        "registration_open",
        "该统一社会信用代码已有一份注册申请正在办理，请打开短信里的链接查看进度；"
        f"不是本单位提交的，请联系{_whom_to_phone(region)}。",
        field="credit_code",
    )


def _whom_to_phone(region: Region) -> str:
    bureaus = supervisors_of_region(region.pk)
    if not bureaus:
        return f"{region.name}市场监管局"
    first = bureaus[0]
    return f"{first.name}（{first.phone}）" if first.phone else first.name
