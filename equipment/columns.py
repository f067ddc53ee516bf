"""Which columns the machine list shows: chosen in the URL, remembered per account by a cookie."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict

from config.words import cn_date
from equipment.models import Equipment

PARAMETER = "col"
COOKIE = "eq-columns"
REMEMBERED = 400 * 24 * 3600


@dataclass(frozen=True)
class Column:
    """One column that may be shown; `is_usual` without a choice."""

    key: str
    label: str
    is_usual: bool = True
    is_code: bool = False


COLUMNS = (
    Column("catalogue", "品种"),
    Column("equipment_code", "设备代码", is_code=True),
    Column("registration_no", "使用登记证编号", is_code=True),
    Column("place", "使用地点"),
    Column("status", "使用状态"),
    Column("officer", "安全员"),
    Column("next_inspection_on", "下次检验日期"),
    Column("inner_no", "单位内编号", is_usual=False, is_code=True),
    Column("model", "型号", is_usual=False),
    Column("manufacturer", "制造单位", is_usual=False),
    Column("product_no", "产品编号", is_usual=False, is_code=True),
    Column("in_use_since", "投入使用日期", is_usual=False),
    Column("rescue_phone", "应急救援电话", is_usual=False),
)
USUAL = tuple(column.key for column in COLUMNS if column.is_usual)
KNOWN = frozenset(column.key for column in COLUMNS)


def chosen(request: HttpRequest) -> list[Column]:
    """The columns of this page: those of the URL, else those remembered, else the usual ones."""
    wanted = request.GET.getlist(PARAMETER) if PARAMETER in request.GET else _remembered(request)
    keys = KNOWN.intersection(wanted) or set(USUAL)
    return [column for column in COLUMNS if column.key in keys]


def remember(request: HttpRequest, response: HttpResponse, columns: list[Column]) -> None:
    """Keep a choice made in the URL for this account on this device (nothing is stored here)."""
    if PARAMETER in request.GET:
        response.set_signed_cookie(
            _name(request),
            ".".join(column.key for column in columns),
            max_age=REMEMBERED,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )


def without(given: QueryDict) -> QueryDict:
    """The rest of a query string: what the filter's address is made of."""
    kept = given.copy()
    kept.pop(PARAMETER, None)
    return kept


def plain(machine: Equipment, key: str) -> str:
    """The value of a column that is a fact of the machine, in words; empty when unknown."""
    value = getattr(machine, key)
    return cn_date(value) if key == "in_use_since" else str(value or "")


def _name(request: HttpRequest) -> str:
    return f"{COOKIE}-{request.actor.person_code}"


def _remembered(request: HttpRequest) -> list[str]:
    """Signed for the account, so that another account on the same device has its own."""
    return request.get_signed_cookie(_name(request), default="").split(".")
