"""A person's own wish to leave (decision 2): asked, withdrawn, refused, or in force by itself.

Granting it is 注销 (`units.actions.staff.deregister_staff`), which answers the open request. Every
step locks the person first and the request second, so that an admin who decides in the second in
which the request lapses, or in which the person withdraws it, meets an answered request.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from config.actor import SYSTEM, Actor
from config.codes import normalise
from config.errors import RuleBroken
from config.words import cn_datetime
from units import audit, outbox
from units.actions.staff import end_employment
from units.audit import Verb
from units.models import LeaveRequest, Staff
from units.roles import Can

logger = logging.getLogger(__name__)

State = LeaveRequest.State
ANSWER_WITHIN = timedelta(days=3)
LIST_LINK = "/staff/leave/"
OWN_LINK = "/m/leave/"


@transaction.atomic
def ask_to_leave(staff: Staff, *, reason: str, actor: Actor, now: datetime) -> LeaveRequest:
    """Write down that a person wants to leave and tell the unit; return the request.

    Raises RuleBroken: somebody else's employment, reason missing or too long, one is open already.
    """
    _require_self(actor, staff)
    reason = _text(reason, "reason", "离职说明", missing="请填写离职说明，例如“已与单位解除合同”。")
    staff = _locked(staff)
    try:
        with transaction.atomic():
            asked = LeaveRequest.objects.create(
                unit_id=staff.unit_id,
                staff=staff,
                reason=reason,
                requested_at=now,
                takes_effect_at=now + ANSWER_WITHIN,
            )
    except IntegrityError as error:
        raise RuleBroken(
            "asked_already", "您已提交离职申请，正在等待单位处理，不必重复提交。"
        ) from error
    audit.record(actor, Verb.LEAVE_REQUESTED, asked, now=now, after={"reason": reason})
    outbox.tell_unit(
        staff.unit_id,
        kind="leave_requested",
        text=(
            f"{staff.name}申请离职（{reason}）。请在 {cn_datetime(asked.takes_effect_at)} 前处理："
            "同意并移交，或退回说明原因；到期未处理将自动生效。"
        ),
        dedupe_key=f"leave:{asked.code}:asked",
        now=now,
        link=LIST_LINK,
    )
    return asked


@transaction.atomic
def withdraw_leave(staff: Staff, *, actor: Actor, now: datetime) -> LeaveRequest:
    """The person stays after all; RuleBroken "answered" when nothing is open any more."""
    _require_self(actor, staff)
    staff = _locked(staff)
    asked = _open_request(staff)
    _answer(asked, State.WITHDRAWN, now=now)
    audit.record(actor, Verb.LEAVE_WITHDRAWN, asked, now=now)
    outbox.tell_unit(
        staff.unit_id,
        kind="leave_withdrawn",
        text=f"{staff.name}撤回了离职申请，仍在本单位任职。",
        dedupe_key=f"leave:{asked.code}:withdrawn",
        now=now,
        link=LIST_LINK,
    )
    return asked


@transaction.atomic
def refuse_leave(staff: Staff, *, opinion: str, actor: Actor, now: datetime) -> LeaveRequest:
    """The unit sends the request back with its reason; the person is told whom else to ask.

    Raises RuleBroken: reason missing or too long, not this unit's, "answered" already.
    """
    if actor.unit_id != staff.unit_id or not actor.can(Can.STAFF_MANAGE):
        raise RuleBroken("not_yours", "您没有权限处理该单位的离职申请。", status=403)
    opinion = _text(opinion, "opinion", "退回原因", missing="请填写退回原因，申请人会看到。")
    staff = _locked(staff)
    asked = _open_request(staff)
    _answer(asked, State.REFUSED, now=now, opinion=opinion)
    audit.record(actor, Verb.LEAVE_REFUSED, asked, now=now, after={"opinion": opinion})
    outbox.tell(
        staff,
        kind="leave_refused",
        text=(
            f"您的离职申请被{staff.unit.name}退回：{opinion.rstrip('。')}。"
            "如有异议，可联系所在辖区市场监管局，电话见“我的--申请离职”。"
        ),
        dedupe_key=f"leave:{asked.code}:refused",
        now=now,
        link=OWN_LINK,
    )
    return asked


def lapse_requests(*, now: datetime) -> int:
    """Let requests that nobody answered within three days take effect; return how many did.

    1. Find open requests whose time has come; there are never many.
    2. Each in a transaction of its own: lock the person, then the request, and look again; whoever
       was answered meanwhile is passed over.
    3. The employment ends without a successor: machines become unbound, open to-dos lose their
       assignee; the request becomes 逾期自动生效; unit and person are told.
    4. One that fails (today's generation is just running) is left for the next wake.
    Safe to run twice and at the same time.
    """
    due = LeaveRequest.objects.filter(state=State.OPEN, takes_effect_at__lte=now)
    lapsed = 0
    for key, staff_key in due.order_by("takes_effect_at", "pk").values_list("pk", "staff_id"):
        try:
            with transaction.atomic():
                lapsed += _lapse(key, staff_key, now)
        except RuleBroken as broken:
            logger.warning("leave request %s waits: %s", key, broken.code)
    return lapsed


def _lapse(key: int, staff_key: int, now: datetime) -> bool:
    staff = _locked(Staff(pk=staff_key))
    asked = LeaveRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=key)
    if asked.state != State.OPEN or staff.ended_on is not None:
        return False
    end_employment(
        staff, successor=None, reason="本人申请离职，单位逾期未处理", actor=SYSTEM, now=now
    )
    _answer(asked, State.LAPSED, now=now)
    audit.record(SYSTEM, Verb.LEAVE_LAPSED, asked, now=now)
    outbox.tell_unit(
        staff.unit_id,
        kind="leave_lapsed",
        text=(
            f"{staff.name}的离职申请 3 天未处理，已自动生效。其名下设备已变为未绑定安全员，"
            "未完成的待办无人负责，请尽快在“设备档案”中改由他人负责。"
        ),
        dedupe_key=f"leave:{asked.code}:lapsed",
        now=now,
        link=f"/staff/{staff.code}/",
    )
    outbox.tell(
        staff,
        kind="leave_lapsed",
        text=f"您在{staff.unit.name}的离职申请已自动生效，您的手机号可在其他单位登记。",
        dedupe_key=f"leave:{asked.code}:lapsed",
        now=now,
    )
    return True


def _answer(asked: LeaveRequest, state: str, *, now: datetime, opinion: str = "") -> None:
    asked.state, asked.decided_at, asked.opinion = state, now, opinion
    asked.save(update_fields=["state", "decided_at", "opinion"])


def _open_request(staff: Staff) -> LeaveRequest:
    asked = (
        LeaveRequest.objects.select_for_update(of=("self",), no_key=True)
        .filter(staff=staff, state=State.OPEN)
        .first()
    )
    if asked is None:
        raise RuleBroken("answered", "这份离职申请已经处理或撤回，请刷新后查看。")
    return asked


def _locked(staff: Staff) -> Staff:
    return (
        Staff.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit")
        .get(pk=staff.pk)
    )


def _require_self(actor: Actor, staff: Staff) -> None:
    if actor.staff_id != staff.pk or not actor.can(Can.LEAVE_ASK):
        raise RuleBroken("not_yours", "只能由本人申请离职。", status=403)


def _text(text: str, field: str, label: str, *, missing: str) -> str:
    text = " ".join(normalise(text).split())
    if not text:
        raise RuleBroken(f"{field}_missing", missing, field=field)
    if len(text) > 200:
        raise RuleBroken(f"{field}_long", f"{label}最多 200 个字。", field=field)
    return text
