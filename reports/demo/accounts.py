"""Which accounts the demo has, for the person who has just started it."""

from __future__ import annotations

from reports.demo import cast
from units import second_factor
from units.models import Appointment, Unit, User
from units.roles import SIGN_IN_ROLES, Role

SHOWN_UNIT = "yunjie"


def lines() -> list[str]:
    """Return the accounts in words, one line each; empty when there is no demo data."""
    admin = User.objects.filter(username=SHOWN_UNIT, kind=User.Kind.UNIT).first()
    if admin is None:
        return []
    unit: Unit = admin.unit
    said = [
        "",
        f"演示账号（密码均为 {cast.PASSWORD}）：",
        f"  单位管理员  /sign-in/         {SHOWN_UNIT}（{unit.name}）；其他单位："
        + "、".join(plan.username for plan in cast.UNITS if plan.username != SHOWN_UNIT),
        "  监管人员    /bureau/sign-in/  "
        + "、".join(f"{username}（{name}）" for username, name, *_ in cast.BUREAUS)
        + "；气瓶登记的审核、审批："
        + "、".join(username for username, *_ in cast.COLLEAGUES),
        *_secrets(),
        "  手机端      /m/sign-in/       手机号 + 页面上显示的演示验证码：",
    ]
    seen: set[str] = set()
    for appointment in (
        Appointment.objects.filter(staff__unit=unit, staff__ended_on=None, role__in=SIGN_IN_ROLES)
        .select_related("staff__user")
        .order_by("pk")
    ):
        if appointment.role in seen:
            continue
        seen.add(appointment.role)
        person = appointment.staff
        said.append(f"    {Role(appointment.role).label}  {person.name}  {person.user.phone}")
    return said


def _secrets() -> list[str]:
    """The secrets of the regulators' 动态口令, for an authenticator; the page shows the code too."""
    users = User.objects.filter(kind__in=second_factor.KINDS).order_by("pk")
    found = [(user.username, second_factor.secret_of(user)) for user in users]
    return [f"    动态口令密钥  {username}  {secret}" for username, secret in found if secret]
