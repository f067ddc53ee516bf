"""What waits on the bureau's desk in this room, and the registrations it decides (F1, 待办事项)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Func, Q, Value
from django.db.models.functions import Upper
from django.http import Http404

from config.actor import Actor
from config.search import with_words
from units.archives import name_key
from units.models import AuditEntry, Region, Registration, Unit
from units.models.desk import RegistrationQuerySet
from units.models.unit import UnitQuerySet
from units.validators import credit_code_problem

State = Registration.State
TO_CHECK = "to_check"  # 认领开户 that nobody of the bureau has looked at
WAITING = Q(state=State.SUBMITTED)
UNCHECKED = Q(state=State.CLAIMED, decided_at=None)
FILTERS: tuple[tuple[str, str, Q], ...] = (
    (State.SUBMITTED.value, "待审核", WAITING),
    (TO_CHECK, "认领待核查", UNCHECKED),
    (State.RETURNED.value, "已退回", Q(state=State.RETURNED)),
    (State.APPROVED.value, "已通过", Q(state=State.APPROVED)),
    (State.CLAIMED.value, "认领已核查", Q(state=State.CLAIMED, decided_at__isnull=False)),
    (State.OBJECTED.value, "已被撤销", Q(state=State.OBJECTED)),
)
MANY = 10
TRAIL_LIMIT = 50


def waiting_registrations(actor: Actor) -> RegistrationQuerySet:
    """Applications that wait for the bureau's word, the longest waiting first."""
    return Registration.objects.for_actor(actor).filter(WAITING).order_by("submitted_at", "id")


def claims_to_check(actor: Actor) -> RegistrationQuerySet:
    """Accounts opened on the archive's word that nobody of the bureau has looked at yet."""
    return Registration.objects.for_actor(actor).filter(UNCHECKED).order_by("submitted_at", "id")


def badge(actor: Actor) -> RegistrationQuerySet:
    """What the badge of 单位注册 counts: what is to decide or to look at."""
    return Registration.objects.for_actor(actor).filter(WAITING | UNCHECKED)


@dataclass(frozen=True)
class Tab:
    """One tab of the list with its number; `key` "" is all."""

    key: str
    label: str
    count: int


def registrations(actor: Actor, *, keyword: str = "", state: str = "") -> RegistrationQuerySet:
    """The registrations of a list: those to do oldest first, others the latest first."""
    found = _matching(actor, keyword).select_related("region", "unit")
    for key, _, condition in FILTERS:
        if key == state:
            found = found.filter(condition)
    is_to_do = state in (State.SUBMITTED, TO_CHECK)
    return found.order_by("submitted_at", "id") if is_to_do else found.order_by("-id")


def tabs(actor: Actor, *, keyword: str = "") -> list[Tab]:
    """The two to do always, other states when they occur, 全部 (one query)."""
    counts = _matching(actor, keyword).aggregate(
        every=Count("pk"),
        **{key: Count("pk", filter=condition) for key, _, condition in FILTERS},
    )
    always = (State.SUBMITTED, TO_CHECK)
    shown = [
        Tab(key, label, counts[key]) for key, label, _ in FILTERS if key in always or counts[key]
    ]
    return [*shown, Tab("", "全部", counts["every"])]


def _matching(actor: Actor, keyword: str) -> RegistrationQuerySet:
    found = Registration.objects.for_actor(actor)
    return with_words(
        found, keyword, "name", "credit_code", "contact_name", "contact_phone__contains"
    )


def get_registration(actor: Actor, code: str) -> Registration:
    """A registration of the regulator's subtree; Http404 for every other."""
    found = (
        Registration.objects.for_actor(actor)
        .select_related("region__parent__parent", "unit")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class CodeCheck:
    """What a credit code says of itself: is it well formed, and who registered it."""

    kind: str
    text: str


def code_checks(registration: Registration) -> list[CodeCheck]:
    """Check digit, the authority's district beside the chosen one, a unit that has the code."""
    code = registration.credit_code
    problem = credit_code_problem(code)
    checks = [CodeCheck("danger", problem) if problem else CodeCheck("done", "校验位正确")]
    home = Region.objects.filter(pk=code[2:8]).first()
    if code[2:8] == registration.region_id:
        checks.append(CodeCheck("done", f"代码中的登记机关区划 {code[2:8]} 与所选区县一致"))
    else:
        named = f"{code[2:8]} {home.name}" if home is not None else code[2:8]
        checks.append(
            CodeCheck("late", f"代码中的登记机关区划为 {named}，与所选区县不同，请核对经营所在地")
        )
    taken = Unit.objects.filter(credit_code=code).exclude(pk=registration.unit_id).exists()
    if taken:
        checks.append(CodeCheck("danger", "该统一社会信用代码已经开户，不能再次通过"))
    return checks


def same_name_units(actor: Actor, registration: Registration) -> list[Unit]:
    """Units of the subtree whose name is the same but for brackets and blanks, not its own."""
    found: UnitQuerySet = Unit.objects.for_actor(actor).select_related("region")
    # The database's own name_key(): what stands past the end of the second text falls away.
    key = Upper(
        Func(F("name"), Value("（）〔〕【】[] \u3000"), Value("()()()()"), function="translate")
    )
    same = found.alias(key=key).filter(key=name_key(registration.name))
    return list(same.exclude(pk=registration.unit_id).order_by("pk")[:MANY])


def other_registrations(actor: Actor, registration: Registration) -> list[Registration]:
    """Earlier and later applications of the same credit code or name in the subtree."""
    found = Registration.objects.for_actor(actor).select_related("region")
    alike = Q(credit_code=registration.credit_code) | Q(name=registration.name)
    return list(found.filter(alike).exclude(pk=registration.pk).order_by("-id")[:MANY])


def trail(registration: Registration) -> list[AuditEntry]:
    """What happened to a registration, the latest first."""
    rows = AuditEntry.objects.filter(
        object_type=registration._meta.label_lower, object_code=registration.code
    )
    return list(rows.order_by("-id")[:TRAIL_LIMIT])
