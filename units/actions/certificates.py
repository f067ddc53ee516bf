"""Certificates of a unit's people: entered, changed, taken off the books (F16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from units import audit
from units.audit import Verb
from units.models import Certificate, Staff
from units.roles import Can
from units.uploads import store_document

PURPOSE = "certificate"
STALE = "这本证书刚刚被他人修改过，您的修改尚未保存。请核对最新内容；再次提交将以您填写的内容为准。"
TAKEN = "本单位已登记相同的证书（类别、编号和作业项目都相同），请核对编号。"
_LIMITS = {"number": ("证书编号", 60), "item": ("作业项目", 80), "issuer": ("发证机关", 80)}


@dataclass(frozen=True)
class Paper:
    """What stands on a certificate."""

    kind: str
    number: str
    item: str = ""
    issuer: str = ""
    issued_on: date | None = None
    valid_until: date | None = None


@transaction.atomic
def add_certificate(
    staff: Staff, *, paper: Paper, upload: Any = None, actor: Actor, now: datetime
) -> Certificate:
    """Enter a certificate of a person in office; return it.

    `upload` is a scan (PDF, JPG, PNG) or None. Raises RuleBroken beside the field: number missing,
    text too long, dates the wrong way round, the same certificate entered already, a bad file; and
    "deregistered" for a person who has left.
    """
    _require_manager(actor, staff.unit_id)
    paper = _checked(paper, today=local_day(now))
    _require_in_office(staff)
    certificate = Certificate(unit_id=staff.unit_id, staff=staff, created_at=now)
    _write(certificate, paper, upload, actor=actor, now=now)
    audit.record(
        actor,
        Verb.CERTIFICATE_ADDED,
        certificate,
        now=now,
        after={"staff": staff.name, "staff_code": staff.code, **_in_words(paper)},
    )
    return certificate


@transaction.atomic
def change_certificate(
    certificate: Certificate,
    *,
    version: int,
    paper: Paper,
    upload: Any = None,
    actor: Actor,
    now: datetime,
) -> Certificate:
    """Change a certificate as of `version`, e.g. after its renewal; `upload` None keeps the scan.

    Raises RuleBroken: "stale" when somebody saved since (nothing is overwritten), "closed", and
    what `add_certificate` refuses.
    """
    _require_manager(actor, certificate.unit_id)
    paper = _checked(paper, today=local_day(now))
    certificate = _locked(certificate)
    if certificate.version != version:
        raise RuleBroken("stale", STALE)
    before = _in_words(_paper_of(certificate))
    after = _in_words(paper)
    if before == after and upload is None:
        return certificate
    certificate.version += 1
    _write(certificate, paper, upload, actor=actor, now=now)
    changed = {key: value for key, value in after.items() if value != before[key]}
    audit.record(
        actor,
        Verb.CERTIFICATE_CHANGED,
        certificate,
        now=now,
        before={key: before[key] for key in changed},
        after={
            "staff": certificate.staff.name,
            "staff_code": certificate.staff.code,
            **changed,
            **({"file": "已更换扫描件"} if upload is not None else {}),
        },
    )
    return certificate


@transaction.atomic
def close_certificate(certificate: Certificate, *, actor: Actor, now: datetime) -> Certificate:
    """Take a certificate off the books (a slip, or replaced by another); its row stays readable."""
    _require_manager(actor, certificate.unit_id)
    certificate = _locked(certificate)
    certificate.closed_at = now
    certificate.version += 1
    certificate.save(update_fields=["closed_at", "version"])
    audit.record(
        actor,
        Verb.CERTIFICATE_CLOSED,
        certificate,
        now=now,
        after={"staff": certificate.staff.name, "staff_code": certificate.staff.code},
    )
    return certificate


def _write(
    certificate: Certificate, paper: Paper, upload: Any, *, actor: Actor, now: datetime
) -> None:
    for field, value in vars(paper).items():
        setattr(certificate, field, value)
    if upload is not None:
        certificate.file = store_document(
            upload, unit_id=certificate.unit_id, purpose=PURPOSE, actor=actor, now=now
        )
    try:
        with transaction.atomic():
            certificate.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name != "certificate_once_a_unit":
            raise
        raise RuleBroken("certificate_twice", TAKEN, field="number") from error


def _checked(paper: Paper, *, today: date) -> Paper:
    if paper.kind not in Certificate.Kind.values:
        raise RuleBroken("kind_unknown", "证书类别不存在，请重新选择。", field="kind")
    texts = {}
    for field, (label, limit) in _LIMITS.items():
        texts[field] = " ".join(normalise(getattr(paper, field)).split())
        if len(texts[field]) > limit:
            raise RuleBroken(f"{field}_long", f"{label}最多 {limit} 个字。", field=field)
    if not texts["number"]:
        raise RuleBroken("number_missing", "请填写证书编号。", field="number")
    if paper.issued_on and paper.issued_on > today:
        raise RuleBroken("issued_later", "发证日期不能晚于今天。", field="issued_on")
    for field in ("issued_on", "valid_until"):
        day = getattr(paper, field)
        if day and not 1950 <= day.year <= today.year + 50:
            raise RuleBroken("year_wrong", "日期不合理，请核对年份。", field=field)
    if paper.issued_on and paper.valid_until and paper.valid_until < paper.issued_on:
        raise RuleBroken("ends_early", "有效期不能早于发证日期。", field="valid_until")
    return Paper(paper.kind, issued_on=paper.issued_on, valid_until=paper.valid_until, **texts)


def _paper_of(certificate: Certificate) -> Paper:
    return Paper(**{field: getattr(certificate, field) for field in Paper.__dataclass_fields__})


def _in_words(paper: Paper) -> dict[str, Any]:
    return {**vars(paper), "kind": str(Certificate.Kind(paper.kind).label)}


def _require_manager(actor: Actor, unit_id: int) -> None:
    if actor.kind == "system":
        return
    if actor.unit_id != unit_id or not actor.can(Can.STAFF_MANAGE):
        raise RuleBroken("not_yours", "您没有权限管理该单位的人员证书。", status=403)


def _require_in_office(staff: Staff) -> None:
    """Locked, so that a deregistration of the same person waits or is seen."""
    fresh = Staff.objects.select_for_update(of=("self",), no_key=True).get(pk=staff.pk)
    if fresh.ended_on is not None:
        raise RuleBroken("deregistered", f"{fresh.name}已注销，不能再登记证书。")


def _locked(certificate: Certificate) -> Certificate:
    fresh = (
        Certificate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("staff", "unit")
        .get(pk=certificate.pk)
    )
    if fresh.closed_at is not None:
        raise RuleBroken("closed", "这本证书已注销，不能再修改。")
    return fresh
