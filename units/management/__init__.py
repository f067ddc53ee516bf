"""What the commands share: finding rows by what an operator can type."""

from django.core.management.base import CommandError
from django.db.models import Q

from units.models import Bureau, Region, Unit


def find_region(code: str) -> Region:
    """The region of a code; CommandError in words."""
    region = Region.objects.filter(pk=code).first()
    if region is None:
        raise CommandError(f"没有行政区划代码 {code}，请先执行 load_reference 并核对代码。")
    return region


def find_unit(code: str) -> Unit:
    """The unit of a public code or credit code; CommandError in words."""
    unit = Unit.objects.filter(Q(code=code) | Q(credit_code=code.upper())).first()
    if unit is None:
        raise CommandError(f"没有编码或统一社会信用代码为 {code} 的单位。")
    return unit


def find_bureau(code: str) -> Bureau:
    """The bureau of a public code; CommandError in words."""
    bureau = Bureau.objects.select_related("region").filter(code=code).first()
    if bureau is None:
        raise CommandError(f"没有编码为 {code} 的监管机构。")
    return bureau
