"""What comes next with a batch on the bureau's desk: the sentence, the buttons, who is kept out."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse

from config.actor import Actor
from config.workflow import offers
from cylinders.check_rules import Progress
from cylinders.enums import BatchState
from cylinders.models import Batch
from cylinders.queries_checks import Agreement, agreement, is_checked, progress
from cylinders.review_rules import WATCHED, Eyes, eyes_on
from cylinders.states import TRANSITIONS

State = BatchState


@dataclass(frozen=True)
class Act:
    """A link to a page that does something; `style` is the class of its button."""

    label: str
    url: str
    icon: str
    style: str = "sz-btn-quiet"
    opens_drawer: bool = True


@dataclass(frozen=True)
class Next:
    """What is to be done now, by whom, and with which buttons.

    `note` is the legal or technical condition of the next step; `eyes` says whether it is open to
    this person; `progress` and `agreement` are there where the next step hangs on them.
    """

    sentence: str
    note: str = ""
    acts: list[Act] = field(default_factory=list)
    eyes: Eyes = field(default_factory=Eyes)
    progress: Progress | None = None
    agreement: Agreement | None = None


_ENDED = {
    State.CORRECTING: "已一次性告知补正，等待单位修改后重新提交；重新提交后回到“待受理”；长期不补正的可以退件。",
    State.CERTIFIED: "已发证，气瓶已登记到气瓶档案。",
    State.DECLINED: "已作出不予受理的决定，气瓶可以由单位重新申请。",
    State.VOIDED: "整批已退件作废，气瓶可以由单位重新申请。",
}
_STEP = {
    State.SUBMITTED: "受理",
    State.ACCEPTED: "审核",
    State.REVIEWED: "审批",
    State.APPROVED: "发证",
}


def next_of(batch: Batch, actor: Actor) -> Next:
    """What comes next with a batch for the actor."""
    state = State(batch.state)
    if state in _ENDED:
        acts = [_certificates(batch)] if state == State.CERTIFIED else []
        if offers(TRANSITIONS, batch, actor):
            acts.append(_void(batch))
        return Next(_ENDED[state], acts=acts, agreement=_found(batch))
    if not offers(TRANSITIONS, batch, actor):
        where = batch.region.name if batch.region else ""
        sentence = f"等待{where}的登记机关{_STEP[state]}。本局只能查看，不能代为办理。"
        return Next(sentence, agreement=_found(batch))
    eyes = eyes_on(batch, actor) if state in WATCHED else Eyes()
    if state == State.SUBMITTED:
        return _to_accept(batch)
    if state == State.ACCEPTED:
        return _to_review(batch, actor, eyes)
    if state == State.REVIEWED:
        first = [] if eyes.is_refused else [_decide(batch, "approve", "审批", primary=True)]
        sentence = "审核已通过，等待审批。"
        return Next(sentence, acts=[*first, _void(batch)], eyes=eyes, agreement=_found(batch))
    certify = _decide(batch, "certify", "证书生成", primary=True, icon="file-certificate")
    return Next(
        "审批已通过，可以生成使用登记证。",
        note="发证可由本局任何人办理。",
        acts=[certify, _void(batch)],
        agreement=_found(batch),
    )


def holder_of(batch: Batch) -> str:
    """At which step a batch stands and who holds it, in one sentence for the bureaus."""
    state = State(batch.state)
    if state == State.CORRECTING:
        return f"当前由{batch.unit_name}补正。"
    if state in _ENDED:
        return "已办结。"
    return f"当前环节：{_STEP[state]}，由{batch.region.name}的登记机关办理。"


def _to_accept(batch: Batch) -> Next:
    found = progress(batch)
    done = is_checked(batch)
    check = Act(
        "查看附件审核" if done else "审核附件",
        reverse("cylinders:check", args=[batch.code]),
        "eye-check",
        "sz-btn-quiet" if done else "btn-primary",
        opens_drawer=False,
    )
    accept = _decide(batch, "accept", "受理", primary=True)
    others = [
        _decide(batch, "return", "告知补正", icon="arrow-back-up"),
        _decide(batch, "decline", "不予受理", icon="ban"),
        _void(batch),
    ]
    if done:
        wrong = f"，其中 {found.wrong} 张判定错误" if found.wrong else "，全部正确"
        return Next(
            f"附件审核已完成：共 {found.total} 张照片{wrong}。",
            note="受理后，照片判定错误的气瓶移出本批次，单位可以重新申请。" if found.wrong else "",
            acts=[accept, check, *others],
            progress=found,
        )
    return Next(
        f"附件审核：已审核 {found.seen} / {found.total} 张。{found.sentence}",
        note="全部照片看完并点“完成”后才能受理；发现材料需要补正的，可以直接告知补正。",
        acts=[check, *others],
        progress=found,
    )


def _to_review(batch: Batch, actor: Actor, eyes: Eyes) -> Next:
    found = agreement(batch, user_id=actor.user_id)
    if eyes.is_refused:
        sentence = "已受理，等待另一位人员抽样复看并审核。"
        return Next(sentence, acts=[_void(batch)], eyes=eyes, agreement=found)
    is_done = found.is_complete and not found.by_others
    sample = Act(
        "查看抽样复看" if is_done else "抽样复看",
        reverse("cylinders:sample", args=[batch.code]),
        "eye-check",
        "sz-btn-quiet" if is_done else "btn-primary",
        opens_drawer=False,
    )
    if is_done:
        acts = [_decide(batch, "review", "审核", primary=True), sample, _void(batch)]
        return Next("抽样复看已完成，可以审核。", acts=acts, eyes=eyes, agreement=found)
    note = f"有 {found.by_others} 张由他人复看，审核人要自己看过。" if found.by_others else ""
    sentence = "已受理，请先逐张复看抽样的照片，再作审核。"
    return Next(sentence, note, [sample, _void(batch)], eyes, agreement=found)


def _found(batch: Batch) -> Agreement | None:
    """The result of the second look, once there is a sample."""
    return agreement(batch) if batch.sample_seed else None


def _decide(
    batch: Batch, do: str, label: str, *, primary: bool = False, icon: str = "circle-check"
) -> Act:
    url = f"{reverse('cylinders:review-decide', args=[batch.code])}?do={do}"
    return Act(label, url, icon, "btn-primary" if primary else "sz-btn-quiet")


def _certificates(batch: Batch) -> Act:
    asked = urlencode({"keyword": batch.unit_name})
    url = f"{reverse('cylinders:certificate-list')}?{asked}"
    return Act("查看使用登记证", url, "certificate", opens_drawer=False)


def _void(batch: Batch) -> Act:
    url = reverse("cylinders:void", args=[batch.code])
    return Act("驳回（退件）", url, "trash", "sz-btn-quiet rv-acts__danger", opens_drawer=False)
