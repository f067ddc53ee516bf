"""Licences (许可) of production and filling units: entering, changing, naming, closing (F28)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from equipment.actions.named import bind, lock_officer, person
from equipment.licence_rules import rule_on
from equipment.models import Licence, LicenceFamily, LicenceItem
from equipment.queries_licences import ROLE_OF_KIND
from units import audit, hooks, shape
from units.actions.organisation import STALE, require_organiser
from units.audit import Verb
from units.models import Staff, Unit
from units.models.unit import UnitKind
from units.uploads import store_document

PURPOSE = "licence"
_NUMBER = re.compile(r"[0-9A-Z\u4e00-\u9fff()/.-]+")
_USUAL_NUMBER = re.compile(r"TS[0-9A-Z]{5,9}-(?P<year>\d{4})")


@dataclass(frozen=True)
class LicenceFacts:
    """A licence as typed or imported, checked."""

    number: str
    scope: str
    issuer: str
    address: str
    issued_on: date | None
    valid_from: date
    valid_until: date


def clean_licence(
    *,
    number: str,
    valid_from: date | None,
    valid_until: date | None,
    scope: str = "",
    issuer: str = "",
    address: str = "",
    issued_on: date | None = None,
    today: date,
) -> LicenceFacts:
    """The facts of one licence row, normalised; RuleBroken beside the field."""
    number = clean_number(number)
    begins = shape.needed_day(valid_from, field="valid_from", label="有效期自")
    ends = shape.needed_day(valid_until, field="valid_until", label="有效期至")
    issued = shape.day(issued_on, field="issued_on", label="发证日期")
    if ends < begins:
        raise RuleBroken("ends_before_start", "有效期至不能早于有效期自。", field="valid_until")
    if issued is not None and issued > today:
        raise RuleBroken("issued_later", "发证日期不能晚于今天。", field="issued_on")
    return LicenceFacts(
        number=number,
        scope=shape.line(scope, field="scope", label="子项目与参数", longest=200),
        issuer=shape.line(issuer, field="issuer", label="发证机关", longest=80),
        address=shape.line(address, field="address", label="许可地址", longest=160),
        issued_on=issued,
        valid_from=begins,
        valid_until=ends,
    )


def clean_number(text: str) -> str:
    """A licence number in capitals without blanks; old formats pass as they are."""
    number = shape.line(text, field="number", label="许可证编号", longest=40, required=True)
    number = number.replace(" ", "").replace("—", "-").replace("–", "-").upper()
    if not _NUMBER.fullmatch(number):
        raise RuleBroken(
            "number_signs",
            "许可证编号只能有字母、数字、汉字和横线，请照许可证填写，如 TS3350123-2028。",
            field="number",
        )
    return number


def hints(licence: Licence, *, day: date) -> list[str]:
    """What looks odd about a licence that was accepted: sentences to be said once."""
    found = []
    usual = _USUAL_NUMBER.fullmatch(licence.number)
    if usual is None:
        found.append("许可证编号不是常见的“TS…-年份”样式，请再核对一遍许可证。")
    elif int(usual["year"]) != licence.valid_until.year:
        found.append(
            f"许可证编号末尾的年份是 {usual['year']}，有效期至却在 {licence.valid_until.year} 年，请核对。"
        )
    years = rule_on(day).valid_years
    if (licence.valid_until - licence.valid_from).days > years * 366:
        found.append(f"有效期超过 {years} 年，请核对起止日期。")
    if licence.valid_until < day:
        found.append("这张许可证已经过期：到期未换证不得继续从事许可的活动。")
    return found


def add_licence(
    unit: Unit,
    *,
    family: LicenceFamily,
    items: Sequence[LicenceItem],
    number: str,
    valid_from: date | None,
    valid_until: date | None,
    scope: str = "",
    issuer: str = "",
    address: str = "",
    issued_on: date | None = None,
    file: Any = None,
    officer: Staff | None = None,
    actor: Actor,
    now: datetime,
) -> Licence:
    """Enter a licence of one family, with who answers for it from today (None = the pool).

    RuleBroken beside the field: a family of another kind of unit, no item or one of another family,
    malformed number or dates, the same number and family in the books already (of any unit), an
    officer who does not fit, what store_document refuses about the scan.
    """
    require_organiser(actor, unit.pk)
    today = local_day(now)
    facts = clean_licence(
        number=number,
        valid_from=valid_from,
        valid_until=valid_until,
        scope=scope,
        issuer=issuer,
        address=address,
        issued_on=issued_on,
        today=today,
    )
    if family.unit_kind not in unit.kinds or family.unit_kind not in ROLE_OF_KIND:
        label = UnitKind(family.unit_kind).label
        raise RuleBroken(
            "family_kind", f"“{family.name}”是{label}的许可，本单位不是{label}。", field="family"
        )
    _check_items(family, items)
    _refuse_double(family, facts.number, unit_id=unit.pk, itself=None)
    stored = _store(file, unit.pk, actor, now) if file else None
    with _double_in_words(), transaction.atomic():
        named = _officer(officer, unit.pk, family, today)
        licence = Licence.objects.create(
            unit=unit, family=family, file=stored, created_at=now, **asdict(facts)
        )
        licence.items.set(items)
        if named is not None:
            bind(licence, named, day=today, now=now)
        after = {"family": family.name, "number": facts.number, "valid_until": facts.valid_until}
        audit.record(actor, Verb.LICENCE_ADDED, licence, now=now, after=after | person(named))
        hooks.changed([unit.pk], day=today, actor=actor, now=now)
    return licence


def change_licence(
    licence: Licence,
    *,
    version: int,
    items: Sequence[LicenceItem],
    number: str,
    valid_from: date | None,
    valid_until: date | None,
    scope: str = "",
    issuer: str = "",
    address: str = "",
    issued_on: date | None = None,
    file: Any = None,
    officer: Staff | None = None,
    actor: Actor,
    now: datetime,
) -> Licence:
    """Change a licence as of `version` (its family stays); `file` None keeps the scan.

    RuleBroken: "stale", closed, and what add_licence refuses. An officer who is kept is not asked
    to fit again.
    """
    require_organiser(actor, licence.unit_id)
    today = local_day(now)
    facts = clean_licence(
        number=number,
        valid_from=valid_from,
        valid_until=valid_until,
        scope=scope,
        issuer=issuer,
        address=address,
        issued_on=issued_on,
        today=today,
    )
    _check_items(licence.family, items)
    _refuse_double(licence.family, facts.number, unit_id=licence.unit_id, itself=licence.pk)
    stored = _store(file, licence.unit_id, actor, now) if file else None
    with _double_in_words(), transaction.atomic():
        is_kept = (officer.pk if officer else None) == licence.officer_id
        named = officer if is_kept else _officer(officer, licence.unit_id, licence.family, today)
        licence = _fresh(licence)
        if licence.version != version:
            raise RuleBroken("stale", STALE)
        before, after = audit.set_changed(licence, asdict(facts))
        if stored is not None:
            licence.file, after["file"] = stored, stored.original_name
        was, became = (sorted(one.name for one in some) for some in (licence.items.all(), items))
        if was != became:
            before["items"], after["items"] = was, became
            licence.items.set(items)
        if not is_kept:
            before |= person(licence.officer)
            after |= person(named)
            bind(licence, named, day=today, now=now)
        if after:
            licence.version += 1
            licence.save()
            audit.record(actor, Verb.LICENCE_CHANGED, licence, now=now, before=before, after=after)
            hooks.changed([licence.unit_id], day=today, actor=actor, now=now)
    return licence


@transaction.atomic
def assign(licence: Licence, *, officer: Staff | None, actor: Actor, now: datetime) -> Licence:
    """Name who answers for a licence from today on; None = nobody, the pool does it.

    RuleBroken(field="officer"): left, of another unit, without the role, or outside the scope.
    Repeatable: naming the same person again changes nothing.
    """
    require_organiser(actor, licence.unit_id)
    day = local_day(now)
    if (officer.pk if officer else None) == licence.officer_id:
        return licence
    named = _officer(officer, licence.unit_id, licence.family, day)
    licence = _fresh(licence)
    before = person(licence.officer)
    bind(licence, named, day=day, now=now)
    licence.version += 1
    licence.save(update_fields=["version"])
    audit.record(actor, Verb.LICENCE_CHANGED, licence, now=now, before=before, after=person(named))
    hooks.changed([licence.unit_id], day=day, actor=actor, now=now)
    return licence


@transaction.atomic
def close_licence(licence: Licence, *, reason: str, actor: Actor, now: datetime) -> Licence:
    """Take a licence off the books (注销); who answered for it is released.

    RuleBroken: reason missing, closed already, stations that still belong to it.
    """
    require_organiser(actor, licence.unit_id)
    reason = shape.line(reason, field="reason", label="注销原因", longest=200, required=True)
    licence = _fresh(licence)
    stations = licence.stations.filter(closed_at=None).count()
    if stations:
        raise RuleBroken(
            "has_stations",
            f"还有 {stations} 个工位属于这张许可，请先在“工位管理”中改到其他许可或停用工位。",
        )
    before = person(licence.officer)
    day = local_day(now)
    bind(licence, None, day=day, now=now)
    licence.closed_at = now
    licence.close_reason = reason
    licence.version += 1
    licence.save(update_fields=["closed_at", "close_reason", "version"])
    audit.record(
        actor, Verb.LICENCE_CLOSED, licence, now=now, before=before, after={"reason": reason}
    )
    hooks.changed([licence.unit_id], day=day, actor=actor, now=now)
    return licence


def _officer(officer: Staff | None, unit_id: int, family: LicenceFamily, day: date) -> Staff | None:
    if officer is None:
        return None
    role = ROLE_OF_KIND[family.unit_kind]
    return lock_officer(officer, unit_id=unit_id, role=role, category=family.category, day=day)


def _check_items(family: LicenceFamily, items: Sequence[LicenceItem]) -> None:
    if not items:
        raise RuleBroken("items_missing", "请至少选择一个许可项目。", field="items")
    if any(one.family_id != family.pk for one in items):
        raise RuleBroken("items_elsewhere", "所选许可项目不属于这一类别。", field="items")


def _refuse_double(family: LicenceFamily, number: str, *, unit_id: int, itself: int | None) -> None:
    same = Licence.objects.open().filter(number=number, family=family).exclude(pk=itself).first()
    if same is not None:
        raise _double(is_own=same.unit_id == unit_id)


def _double(*, is_own: bool) -> RuleBroken:
    whose = "本单位已登记过" if is_own else "已由其他单位登记"
    return RuleBroken(
        "number_taken", f"这个编号的同类许可{whose}，请核对许可证编号。", field="number"
    )


@contextmanager
def _double_in_words() -> Iterator[None]:
    """Two who enter one licence at the same moment: the database tells the second."""
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint == "licence_once":
            raise _double(is_own=False) from error
        raise


def _store(file: Any, unit_id: int, actor: Actor, now: datetime) -> Any:
    return store_document(file, unit_id=unit_id, purpose=PURPOSE, actor=actor, now=now)


def _fresh(licence: Licence) -> Licence:
    one = (
        Licence.objects.select_for_update(of=("self",), no_key=True)
        .select_related("family", "officer")
        .get(pk=licence.pk)
    )
    if one.closed_at is not None:
        raise RuleBroken("closed", f"许可“{one.number}”已注销，不能再修改。")
    return one
