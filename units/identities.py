"""Rules about identities (身份), pure: who excludes whom, who normally holds a post, how they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from config.actor import Actor
from units.roles import SCOPED_ROLES, Role

EXCLUDED_PAIR = frozenset({Role.QUALITY_DIRECTOR, Role.QUALITY_OFFICER})
EXCLUDED_SENTENCE = "质量安全总监和质量安全员不能由同一人担任，请只保留其中一个身份。"
DOUBLE_SENTENCE = "此人既是安全总监又是安全员：允许兼任，但自己下达、自己整改的隐患请安排他人复核。"


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity a person is to have: `role` is a Role value, empty `categories` = all."""

    role: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """What the form says about a role: whom the Law means and who normally holds it (F15)."""

    duty: str
    holder: str


HINTS: dict[str, Hint] = {
    Role.PRINCIPAL: Hint("全面负责，每月主持月调度", "法定代表人或实际控制人"),
    Role.SAFETY_DIRECTOR: Hint(
        "使用、充装单位；每周组织周排查，下达整改措施",
        "使用单位一般为安全管理负责人；充装单位一般为安全管理负责人或技术负责人",
    ),
    Role.QUALITY_DIRECTOR: Hint("生产单位；每周组织周排查", "一般为质量保证工程师"),
    Role.SAFETY_OFFICER: Hint("使用、充装单位；每日按清单巡查设备", "一般为安全管理员"),
    Role.QUALITY_OFFICER: Hint("生产单位；每日按清单巡查", "一般为质量控制系统责任人员"),
    Role.OPERATOR: Hint("持证作业，不登录手机端", "持《特种设备作业人员证》的人员"),
    Role.INSPECTOR: Hint("检验机构人员，不登录手机端", "持检验人员证的人员"),
    Role.TESTER: Hint("检测机构人员，不登录手机端", "持检测人员证的人员"),
    Role.QUALITY_SYSTEM: Hint("生产单位质量体系人员，不登录手机端", "质量保证体系责任人员"),
}

# Whom Orders 73 and 74 make every unit of a kind name (seed 002, annex 10), by UnitKind value.
_USING = (Role.PRINCIPAL, Role.SAFETY_DIRECTOR, Role.SAFETY_OFFICER)
NAMED_POSTS: dict[str, tuple[Role, ...]] = {
    "using": _USING,
    "filling": _USING,
    "production": (Role.PRINCIPAL, Role.QUALITY_DIRECTOR, Role.QUALITY_OFFICER),
}

# Duty categories are known to `equipment` only; it registers (value, label) pairs.
_categories: dict[str, str] = {}


def register_categories(choices: Iterable[tuple[str, str]]) -> None:
    """Tell what an identity's scope may be narrowed to; called once by `equipment` in ready()."""
    _categories.update(choices)


def category_choices() -> list[tuple[str, str]]:
    """The (value, label) pairs of duty categories."""
    return list(_categories.items())


def exclude_each_other(roles: Iterable[str]) -> bool:
    """Whether the roles hold the pair that one person may never have (F14)."""
    return frozenset(roles) >= EXCLUDED_PAIR


def warnings(roles: Iterable[str]) -> list[str]:
    """Sentences about combinations that are allowed but worth a second look (decision 3)."""
    held = frozenset(roles)
    return [DOUBLE_SENTENCE] if {Role.SAFETY_DIRECTOR, Role.SAFETY_OFFICER} <= held else []


def describe(role: str, categories: Collection[str] = ()) -> str:
    """How an identity reads: 安全员, or 安全总监（电梯、起重机械）."""
    label = str(Role(role).label)
    if not categories or role not in SCOPED_ROLES:
        return label
    return f"{label}（{describe_scope(categories)}）"


def describe_scope(categories: Collection[str]) -> str:
    """How a scope reads: 电梯、起重机械; 全部类别 when it is not narrowed."""
    ordered = [one for one in _categories if one in categories]
    return "、".join(_categories[one] for one in ordered) or "全部类别"


def named_posts(kinds: Iterable[str]) -> list[Role]:
    """The posts that a unit of these kinds has to name (F20)."""
    wanted = {role for kind in kinds for role in NAMED_POSTS.get(kind, ())}
    return [role for role in Role if role in wanted]


def vacant(kinds: Iterable[str], held: Collection[str]) -> list[str]:
    """The labels of the posts that a unit of these kinds has to name and nobody holds (F20)."""
    return [str(role.label) for role in named_posts(kinds) if role not in held]


def role_label(actor: Actor) -> str:
    """The identities of a signed-in person for the menus, highest first: 安全总监、安全员."""
    held = {post.role for post in actor.posts}
    return "、".join(str(role.label) for role in Role if role in held)
