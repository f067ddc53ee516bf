"""Registration of a unit (F1): applying, mending, and what the district bureau decides.

States: submitted -> approved | returned; returned -> submitted; claimed -> objected. A registration
that the bureaus' archive confirms is `claimed` at once: unit and account exist, the bureau may
object. The applicant is told by text message, with the link that shows the state.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from config.actor import SYSTEM, Actor
from config.codes import new_code, normalise
from config.errors import RuleBroken
from config.workflow import lock
from units import archives, audit, sms
from units.actions.accounts import open_account, open_unit
from units.actions.staff import deregister_staff
from units.audit import Verb
from units.models import Region, Registration, Staff, User
from units.outbox import tell_bureau
from units.registration import FACTS, SHOWN, already_open, checked, refuse_taken

State = Registration.State
CODE_LENGTH = 24
# First key of the advisory lock that lets one credit code register at a time.
LOCK = 71_001
STALE = "这份申请刚刚被修改过，请核对最新内容后再操作。"


@transaction.atomic
def submit_registration(
    *,
    name: str,
    credit_code: str,
    kinds: Collection[str],
    region: Region,
    address: str,
    contact_name: str,
    contact_phone: str,
    username: str,
    password_hash: str,
    actor: Actor,
    now: datetime,
) -> Registration:
    """Apply for an account of a unit and return the registration: submitted, or claimed at once.

    `password_hash` comes from units.actions.accounts.seal_password; the phone has been proved by a
    code. One waiting registration a credit code: tabs that race take turns at an advisory lock, the
    second is told. Raises RuleBroken beside the field; a credit code that has a unit, or an open
    registration, is answered with whom to phone.
    """
    facts = checked(
        name=name,
        credit_code=credit_code,
        kinds=kinds,
        region=region,
        address=address,
        contact_name=contact_name,
        contact_phone=contact_phone,
        username=username,
        now=now,
    )
    _take_turns(facts["credit_code"])
    refuse_taken(facts["credit_code"], facts["username"])
    applicant = _applicant(actor)
    registration = Registration(
        code=new_code(CODE_LENGTH),
        password=password_hash,
        state=State.SUBMITTED,
        submitted_at=now,
        **facts,
    )
    machines = archives.matching(
        registration.credit_code, registration.name, registration.region_id
    )
    if machines:
        _open(registration, actor=applicant, now=now)
        registration.state = State.CLAIMED
    _save(registration)
    _note_submission(registration, machines, applicant, now)
    return registration


@transaction.atomic
def resubmit(
    registration: Registration,
    version: int,
    *,
    actor: Actor,
    now: datetime,
    password_hash: str = "",
    **changes: Any,
) -> Registration:
    """Hand a returned registration in again, mended by the applicant; return it as it now is.

    `changes` holds any of the facts of `submit_registration`; an empty `password_hash` keeps the
    password. The credit code may change as well, a wrong one is what bureaus return most. Raises
    RuleBroken: stale (somebody mended it meanwhile), wrong_state, or beside the field.
    """
    seen = {name: getattr(registration, name) for name in FACTS} | changes
    facts = checked(**seen, now=now)
    _take_turns(facts["credit_code"])
    fresh = lock(registration)
    if fresh.version != version:
        raise RuleBroken(
            "stale", "这份申请刚刚在别处修改过，您的修改尚未提交。请打开最新内容再改。"
        )
    _refuse_state(fresh, State.RETURNED, "重新提交")
    refuse_taken(facts["credit_code"], facts["username"], but=fresh)
    before = {name: _plain(getattr(fresh, name)) for name in FACTS if name in SHOWN}
    for field, value in facts.items():
        setattr(fresh, field, value)
    if password_hash:
        fresh.password = password_hash
    fresh.state = State.SUBMITTED
    fresh.submitted_at = now
    fresh.version += 1
    _save(fresh)
    after = {name: _plain(getattr(fresh, name)) for name in before}
    audit.record(
        _applicant(actor),
        Verb.REGISTRATION_SUBMITTED,
        fresh,
        now=now,
        before={key: value for key, value in before.items() if after[key] != value},
        after={key: value for key, value in after.items() if before[key] != value},
    )
    _tell_bureau(fresh, machines=0, now=now)
    return fresh


@transaction.atomic
def approve(
    registration: Registration, *, actor: Actor, now: datetime, version: int | None = None
) -> Registration:
    """Open the unit and its account; the bureau has checked the application (F1).

    `version` is what the bureau saw: with another one RuleBroken("stale") and nothing is opened.
    Raises RuleBroken also for a wrong state, a credit code or an account name taken meanwhile
    (send it back then), 403 for a bureau of another region.
    """
    fresh = _for_decision(registration, State.SUBMITTED, "通过", actor=actor, version=version)
    try:
        _open(fresh, actor=actor, now=now)
    except RuleBroken as broken:
        if broken.code != "username_taken":
            raise
        sentence = f"账号“{fresh.username}”已被占用，请退回申请，请申请人换一个账号。"
        raise RuleBroken("username_taken", sentence) from broken
    _decide(fresh, State.APPROVED, opinion="", actor=actor, now=now)
    audit.record(
        actor, Verb.REGISTRATION_APPROVED, fresh, now=now, after={"username": fresh.username}
    )
    _tell_applicant(fresh, f"“{fresh.name}”的注册已通过，账号 {fresh.username}，")
    return fresh


@transaction.atomic
def send_back(
    registration: Registration,
    *,
    opinion: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Registration:
    """Return an application to the applicant with what is to be mended."""
    opinion = _opinion(opinion, "请写明退回原因，申请人要按它修改。")
    fresh = _for_decision(registration, State.SUBMITTED, "退回", actor=actor, version=version)
    _decide(fresh, State.RETURNED, opinion=opinion, actor=actor, now=now)
    audit.record(actor, Verb.REGISTRATION_RETURNED, fresh, now=now, after={"opinion": opinion})
    _tell_applicant(fresh, f"“{fresh.name}”的注册申请被退回，请按审核意见修改，")
    return fresh


@transaction.atomic
def object_to(
    registration: Registration,
    *,
    opinion: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Registration:
    """Object to an account that was opened on the archive's word: it is disabled at once.

    The unit stays (its credit code cannot register again); its sessions end with the next request.
    So do those of the people it registered: they are deregistered, or they would go on by phone.
    """
    opinion = _opinion(opinion, "请写明撤销原因，申请人会看到。")
    fresh = _for_decision(registration, State.CLAIMED, "撤销", actor=actor, version=version)
    accounts = User.objects.filter(unit_id=fresh.unit_id, kind=User.Kind.UNIT, is_active=True)
    closed = list(accounts.values_list("username", flat=True))
    accounts.update(is_active=False)
    for person in Staff.objects.employed().filter(unit_id=fresh.unit_id).order_by("pk"):
        deregister_staff(person, reason="监管部门撤销认领开户", actor=SYSTEM, now=now)
    _decide(fresh, State.OBJECTED, opinion=opinion, actor=actor, now=now)
    audit.record(
        actor,
        Verb.REGISTRATION_OBJECTED,
        fresh,
        now=now,
        after={"opinion": opinion, "closed": closed},
    )
    _tell_applicant(fresh, f"“{fresh.name}”的账号已被市场监管局停用，")
    return fresh


# ---------------------------------------------------------------- rules
def _applicant(actor: Actor) -> Actor:
    """How an applicant without an account reads in the trail."""
    if actor.kind != "anonymous":
        return actor
    return Actor(kind="anonymous", name="注册申请人", request_id=actor.request_id, ip=actor.ip)


def _take_turns(credit_code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, credit_code])


def _for_decision(
    registration: Registration, wanted: str, verb: str, *, actor: Actor, version: int | None
) -> Registration:
    fresh = lock(registration)
    prefix = actor.region_prefix
    if actor.kind != "bureau" or prefix is None or not fresh.region_id.startswith(prefix):
        raise RuleBroken("not_yours", "只能处理本辖区单位的注册申请。", status=403)
    if version is not None and fresh.version != version:
        raise RuleBroken("stale", STALE)
    _refuse_state(fresh, wanted, verb)
    return fresh


def _refuse_state(registration: Registration, wanted: str, verb: str) -> None:
    if registration.state != wanted:
        label = registration.get_state_display()
        raise RuleBroken("wrong_state", f"这份申请当前为“{label}”，不能{verb}。")


def _opinion(text: str, sentence: str) -> str:
    opinion = normalise(text)
    if not opinion:
        raise RuleBroken("opinion_missing", sentence, field="opinion")
    longest = Registration._meta.get_field("opinion").max_length
    if len(opinion) > longest:
        raise RuleBroken("opinion_long", f"审核意见最多 {longest} 个字。", field="opinion")
    return opinion


# ---------------------------------------------------------------- writing
def _open(registration: Registration, *, actor: Actor, now: datetime) -> None:
    """Open the unit and its account, and let the registration point at the unit."""
    registration.unit = open_unit(
        name=registration.name,
        credit_code=registration.credit_code,
        kinds=registration.kinds,
        region=registration.region,
        address=registration.address,
        contact_name=registration.contact_name,
        contact_phone=registration.contact_phone,
        actor=actor,
        now=now,
    )
    open_account(
        kind=User.Kind.UNIT,
        username=registration.username,
        password_hash=registration.password,
        name=registration.name[:60],
        unit=registration.unit,
        actor=actor,
        now=now,
    )
    registration.password = ""  # the account has it now


def _decide(
    registration: Registration, state: str, *, opinion: str, actor: Actor, now: datetime
) -> None:
    """The one place that writes what a bureau decided."""
    registration.state = state
    registration.opinion = opinion
    registration.decided_by_name = f"{actor.owner_name} {actor.name}".strip()[:120]
    registration.decided_at = now
    registration.version += 1
    registration.save()


def _save(registration: Registration) -> None:
    try:
        with transaction.atomic():
            registration.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name != "one_open_registration_a_credit_code":
            raise
        raise already_open(registration.region) from error


def _note_submission(
    registration: Registration, machines: int, applicant: Actor, now: datetime
) -> None:
    """The trail, the bureau and the applicant learn of a new application."""
    after = {"name": registration.name, "credit_code": registration.credit_code}
    verb, told = Verb.REGISTRATION_SUBMITTED, f"“{registration.name}”的注册申请已提交，"
    if registration.state == State.CLAIMED:
        after["machines"] = machines
        verb = Verb.REGISTRATION_CLAIMED
        told = f"“{registration.name}”已开户，账号 {registration.username}，"
    audit.record(applicant, verb, registration, now=now, after=after)
    _tell_bureau(registration, machines=machines, now=now)
    _tell_applicant(registration, told)


def _tell_bureau(registration: Registration, *, machines: int, now: datetime) -> None:
    text = f"“{registration.name}”申请单位注册，请审核。"
    if registration.state == State.CLAIMED:
        text = (
            f"“{registration.name}”与历史设备档案（{machines} 台）相符，已自动开户；"
            "如有异议可撤销。"
        )
    tell_bureau(
        registration.region_id,
        kind="registration",
        text=text,
        dedupe_key=f"registration:{registration.code}:{registration.version}",
        now=now,
        link=reverse("units:registration-detail", args=[registration.code]),
    )


def _tell_applicant(registration: Registration, sentence: str) -> None:
    """Send the sentence with the link after commit; applicants have no account to tell."""
    link = reverse("units:register-state", args=[registration.code])
    text = f"{sentence}查看：{settings.PUBLIC_URL}{link}"
    phone = registration.contact_phone
    transaction.on_commit(lambda: sms.send_soon(phone, text), robust=True)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Region) else value
