"""The person behind an employment: phone as a sign-in handle, id number kept secret (decision 2)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection

from config.codes import normalise
from config.errors import RuleBroken
from units import crypto
from units.actions.appointments import PHONE_ELSEWHERE
from units.models import Staff, Unit, User
from units.validators import id_number_problem, phone_problem


def check_phone(text: str) -> str:
    """Return a mobile number without blanks, dashes and +86; RuleBroken(field="phone")."""
    phone = normalise(text).replace(" ", "").replace("-", "")
    phone = phone.removeprefix("+86") if phone.startswith("+") else phone
    if not phone:
        raise RuleBroken("phone_missing", "请填写手机号。", field="phone")
    if problem := phone_problem(phone):
        raise RuleBroken("phone_wrong", problem, field="phone")
    return phone


def check_id_number(text: str, *, today: date) -> str:
    """Return an id number in capitals without blanks, "" for none; RuleBroken(field="id_number")."""
    id_number = normalise(text).replace(" ", "").upper()
    if id_number and (problem := id_number_problem(id_number, today=today)):
        raise RuleBroken("id_number_wrong", problem, field="id_number")
    return id_number


def find_or_open(unit: Unit, *, name: str, phone: str, id_number: str, now: datetime) -> User:
    """Return the User for a person to be employed in a unit, holding the phone (decision 2).

    1. One registration at a time per phone and per id number: an advisory lock until commit.
    2. Phone or id number of somebody employed: refused; another unit is never named.
    3. Phone left behind by the same person (same name, no other id number): that User goes on.
       Left behind by somebody else: the handle is released.
    4. Otherwise the same person under an old phone (same id number and name) goes on with the new
       phone; else a new User is made.
    """
    digest = crypto.digest(id_number)
    one_at_a_time(phone, digest)
    holder = User.objects.select_for_update(of=("self",), no_key=True).filter(phone=phone).first()
    if holder is not None:
        _refuse_employed(holder, unit.pk, field="phone")
    known = _by_id_number(digest)
    for person in known:
        _refuse_employed(person, unit.pk, field="id_number")
    if holder is not None and not _is_same(holder, name, digest):
        release_phone(holder)
        holder = None
    user = holder or next((person for person in known if person.name == name), None)
    if user is None:
        user = User(kind=User.Kind.PERSON, name=name, created_at=now)
    user.name, user.phone = name, phone
    user.set_unusable_password()
    if id_number:
        user.id_number_encrypted = crypto.encrypt(id_number)
        user.id_number_digest = digest
    user.save()
    return user


def move_phone(user: User, phone: str, *, unit_id: int) -> None:
    """Give an employed person another phone; their sessions end, because the handle changed.

    The caller holds `one_at_a_time` for the phone and saves the user. Raises
    RuleBroken(field="phone") when somebody employed holds the number.
    """
    holder = User.objects.select_for_update(of=("self",), no_key=True).filter(phone=phone).first()
    if holder is not None and holder.pk != user.pk:
        _refuse_employed(holder, unit_id, field="phone")
        release_phone(holder)
    user.phone = phone
    user.set_unusable_password()


def move_id_number(user: User, id_number: str, *, unit_id: int) -> None:
    """Store another id number ("" clears it) for an employed person; the caller saves the user.

    The caller holds `one_at_a_time` for it. Raises RuleBroken(field="id_number") when somebody else
    who is employed has it.
    """
    digest = crypto.digest(id_number)
    for person in _by_id_number(digest):
        if person.pk != user.pk:
            _refuse_employed(person, unit_id, field="id_number")
    user.id_number_encrypted = crypto.encrypt(id_number)
    user.id_number_digest = digest


def release_phone(user: User) -> None:
    """Take the sign-in handle from somebody who has left; their records stay theirs."""
    user.phone = None
    user.set_unusable_password()
    user.save(update_fields=["phone", "password"])


def one_at_a_time(phone: str, digest: str) -> None:
    """Let nobody else register the phone or the id number until this transaction ends.

    Taken before any row lock, always in this order, so that two registrations never wait for each
    other in a circle.
    """
    keys = [f"phone:{phone}"] + ([f"id:{digest}"] if digest else [])
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _by_id_number(digest: str) -> list[User]:
    if not digest:
        return []
    return list(
        User.objects.select_for_update(of=("self",), no_key=True)
        .filter(kind=User.Kind.PERSON, id_number_digest=digest)
        .order_by("-id")
    )


def _is_same(holder: User, name: str, digest: str) -> bool:
    differs = digest and holder.id_number_digest and digest != holder.id_number_digest
    return holder.name == name and not differs


def _refuse_employed(user: User, unit_id: int, *, field: str) -> None:
    staff = Staff.objects.employed().filter(user=user).first()
    if staff is None:
        return
    what = "该手机号" if field == "phone" else "该证件号码"
    if staff.unit_id == unit_id:
        raise RuleBroken(
            f"{field}_in_this_unit", f"{what}已登记在本单位的{staff.name}名下。", field=field
        )
    sentence = PHONE_ELSEWHERE.replace("该手机号", what)
    raise RuleBroken(f"{field}_taken", sentence, field=field)
