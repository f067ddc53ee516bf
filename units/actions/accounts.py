"""Opening bureaus, units and their accounts; passwords; the trail of sign-ins."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from units import audit
from units.audit import Verb
from units.models import Bureau, Region, Unit, User
from units.models.unit import UnitKind
from units.validators import credit_code_problem, username_problem

# Django's own words for a weak password are only half translated.
WEAK = {
    "password_too_short": "密码太短，至少要有 8 位。",
    "password_too_common": "这个密码太常见，容易被猜到。",
    "password_entirely_numeric": "密码不能全是数字。",
    "password_too_similar": "密码与账号太相近，容易被猜到。",
}


def open_bureau(
    *,
    name: str,
    region: Region,
    phone: str = "",
    address: str = "",
    actor: Actor,
    now: datetime,
) -> Bureau:
    """Set up a market-supervision bureau over a region (F6) and return it.

    Raises RuleBroken: name missing, bureau of that name in that region already there, region
    abolished.
    """
    name = _required(name, "name", "请填写监管机构名称。", longest=80)
    _refuse_abolished(region, now)
    with transaction.atomic():
        # The region row serialises two commands that open the same bureau.
        Region.objects.select_for_update(of=("self",), no_key=True).get(pk=region.pk)
        if Bureau.objects.filter(region=region, name=name).exists():
            raise RuleBroken("bureau_exists", f"{region.name}已有“{name}”。", field="name")
        bureau = Bureau.objects.create(
            name=name,
            region=region,
            phone=normalise(phone),
            address=normalise(address),
            created_at=now,
        )
        audit.record(
            actor, Verb.BUREAU_OPENED, bureau, now=now, after={"name": name, "region": region.name}
        )
    return bureau


def open_unit(
    *,
    name: str,
    credit_code: str,
    kinds: Collection[str],
    region: Region,
    address: str = "",
    contact_name: str = "",
    contact_phone: str = "",
    actor: Actor,
    now: datetime,
) -> Unit:
    """Open a unit (F1, F2) and return it; a unit may be of several kinds (M 2.2).

    Raises RuleBroken: name or kinds missing, credit code wrong or taken, region abolished, a
    province, or outside the regulator's own subtree.
    """
    name = _required(name, "name", "请填写单位名称。", longest=120)
    code = normalise(credit_code).replace(" ", "").upper()
    if problem := credit_code_problem(code):
        raise RuleBroken("credit_code_wrong", problem, field="credit_code")
    chosen = [kind for kind in UnitKind.values if kind in set(kinds)]
    if not chosen or set(kinds) - set(chosen):
        raise RuleBroken("kinds_wrong", "请至少选择一个单位类型。", field="kinds")
    _refuse_abolished(region, now)
    if region.level == Region.Level.PROVINCE:
        raise RuleBroken("region_too_wide", "请选择单位所在的区县。", field="region")
    if actor.region_prefix is not None and not region.code.startswith(actor.region_prefix):
        raise RuleBroken("region_foreign", "只能为本辖区的单位开户。", field="region", status=403)
    try:
        with transaction.atomic():
            unit = Unit.objects.create(
                name=name,
                credit_code=code,
                kinds=chosen,
                region=region,
                address=normalise(address),
                contact_name=normalise(contact_name),
                contact_phone=normalise(contact_phone),
                created_at=now,
            )
    except IntegrityError as error:
        raise RuleBroken(
            "credit_code_taken", "该统一社会信用代码已经开户。", field="credit_code"
        ) from error
    audit.record(
        actor,
        Verb.UNIT_OPENED,
        unit,
        now=now,
        unit_id=unit.pk,
        after={"name": name, "credit_code": code, "kinds": unit.kind_labels},
    )
    return unit


def open_account(
    *,
    kind: str,
    username: str,
    password: str = "",
    password_hash: str = "",
    name: str,
    unit: Unit | None = None,
    bureau: Bureau | None = None,
    actor: Actor,
    now: datetime,
) -> User:
    """Open an account with a password for a unit, a bureau or the platform (decision 2).

    `password_hash` instead of `password`: what `seal_password` returned when the unit registered.
    Names are kept in small letters, so no two differ by case only. Raises RuleBroken: owner and
    kind do not fit, name wrong or taken, password too weak.
    """
    fits = kind in {User.Kind.UNIT, User.Kind.BUREAU, User.Kind.PLATFORM}
    fits = fits and (unit is not None) == (kind == User.Kind.UNIT)
    if not fits or (bureau is not None) != (kind == User.Kind.BUREAU):
        raise RuleBroken("owner_wrong", "账号类别与所属单位或监管机构不符。", field="kind")
    username = normalise(username).lower()
    if problem := username_problem(username):
        raise RuleBroken("username_wrong", problem, field="username")
    user = User(
        kind=kind,
        username=username,
        name=_required(name, "name", "请填写账号名称。", longest=60),
        unit=unit,
        bureau=bureau,
        created_at=now,
    )
    if password_hash:
        user.password = password_hash
    else:
        _refuse_weak(password, user, field="password")
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise RuleBroken("username_taken", "该账号名已被使用。", field="username") from error
    audit.record(
        actor,
        Verb.ACCOUNT_OPENED,
        user,
        now=now,
        unit_id=user.unit_id,
        after={"username": username, "kind": User.Kind(kind).label},
    )
    return user


def seal_password(password: str, *, username: str, name: str) -> str:
    """Return the hash of a password for an account that is opened later (F1).

    Raises RuleBroken password_weak beside field `password`.
    """
    _refuse_weak(password, User(username=username, name=name), field="password")
    return make_password(password)


def change_password(
    user: User, *, old_password: str, new_password: str, actor: Actor, now: datetime
) -> User:
    """Give an account a new password; every other session of it ends with the old one.

    Raises RuleBroken beside its field: old password wrong, new one the same or too weak.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
        if not locked.check_password(old_password):
            raise RuleBroken("password_wrong", "原密码不正确。", field="old_password")
        if old_password == new_password:
            raise RuleBroken("password_same", "新密码不能与原密码相同。", field="new_password")
        _refuse_weak(new_password, locked, field="new_password")
        locked.set_password(new_password)
        locked.save(update_fields=["password"])
        audit.record(actor, Verb.PASSWORD_CHANGED, locked, now=now, unit_id=locked.unit_id)
    return locked


def record_sign_in(user: User, *, entrance: str, actor: Actor, now: datetime) -> None:
    """Append who signed in through which entrance; `actor` is the one the user has become."""
    audit.record(actor, Verb.SIGNED_IN, user, now=now, after={"entrance": entrance})


def record_failed_sign_in(
    user: User | None, *, entrance: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Append a sign-in that failed; an account nobody has is not named (it may be a password)."""
    audit.record(
        actor,
        Verb.SIGN_IN_FAILED,
        user if user is not None else "units.user:unknown",
        now=now,
        unit_id=user.unit_id if user is not None else None,
        after={"entrance": entrance, "reason": reason},
    )


def _required(text: str, field: str, sentence: str, *, longest: int) -> str:
    text = normalise(text)
    if not text:
        raise RuleBroken(f"{field}_missing", sentence, field=field)
    if len(text) > longest:
        raise RuleBroken(f"{field}_long", f"名称最多 {longest} 个字。", field=field)
    return text


def _refuse_abolished(region: Region, now: datetime) -> None:
    if not Region.objects.in_force(local_day(now)).filter(pk=region.pk).exists():
        raise RuleBroken(
            "region_abolished", f"{region.name}（{region.code}）已撤销。", field="region"
        )


def _refuse_weak(password: str, user: User, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        found = [WEAK.get(one.code or "", one.message) for one in error.error_list]
        raise RuleBroken("password_weak", "".join(found), field=field) from error
