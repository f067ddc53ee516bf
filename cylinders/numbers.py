"""Numbers of applications, certificates and cylinders, composed by the dated NumberRule (domain 6.2).

A pattern names its parts in braces: {serial} (with a width: {serial:05d}) counts within everything
else of the pattern, so two numbers are never alike, whatever parts a later rule leaves out.

| key | parts |
|---|---|
| batch | {date} of the submission, {serial} |
| certificate | {variety} of the kind, {province} 简称, {district} last four digits, {year} two digits, {serial} |
| cylinder_code | {certificate} its number, {variety}, {province}, {district}, {serial} within the certificate |
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date

from django.db import connection

from config.errors import RuleBroken
from config.words import cn_date
from cylinders.models import CylinderKind, NumberRule, Serial
from units.models import Region

BATCH = "batch"
CERTIFICATE = "certificate"
CYLINDER_CODE = "cylinder_code"
# What a pattern of each key may name; the loader of reference data refuses anything else.
PARTS = {
    BATCH: ("date", "serial"),
    CERTIFICATE: ("variety", "province", "district", "year", "serial"),
    CYLINDER_CODE: ("certificate", "variety", "province", "district", "serial"),
}


@dataclass(frozen=True)
class Series:
    """A number with everything filled in but its serial."""

    before: str
    format: str
    after: str

    @property
    def name(self) -> str:
        """What the counter of the series is called."""
        return f"{self.before}#{self.after}"

    def at(self, serial: int) -> str:
        return f"{self.before}{serial:{self.format}}{self.after}"


def next_serial(name: str) -> int:
    """Take the next number of a counter, from 1 on.

    The counter's row stays locked until the transaction ends: whoever asks meanwhile waits, and a
    transaction that is rolled back gives its number back. No gaps, no two alike.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Serial._meta.db_table} (name, value) VALUES (%s, 1) "  # noqa: S608 (ours)
            "ON CONFLICT (name) DO UPDATE SET value = cylinders_serial.value + 1 RETURNING value",
            [name],
        )
        return cursor.fetchone()[0]


def batch_number(*, day: date) -> str:
    """The number of an application that is submitted on a day: QPSQ-20261121-000123."""
    return _next(series(BATCH, on=day, date=f"{day:%Y%m%d}"))


def certificate_number(*, kind: CylinderKind, region: Region, day: date) -> str:
    """The number of a new certificate for a kind of cylinder: 瓶3渝010300012(26)."""
    return _next(series(CERTIFICATE, on=day, **_places(kind, region), year=f"{day:%y}"))


def registration_codes(
    certificate_no: str, *, kind: CylinderKind, region: Region, day: date
) -> Series:
    """The series of the codes of a certificate's cylinders; Certificate.last_serial counts them."""
    return series(CYLINDER_CODE, on=day, certificate=certificate_no, **_places(kind, region))


def registration_code(
    certificate_no: str, serial: int, *, kind: CylinderKind, region: Region, day: date
) -> str:
    """The code of one cylinder: 瓶3渝010300012(26)-000001."""
    return registration_codes(certificate_no, kind=kind, region=region, day=day).at(serial)


def series(key: str, *, on: date, **parts: str) -> Series:
    """The pattern in force on a day with its parts filled in. RuleBroken `no_number_rule`."""
    rule = NumberRule.objects.in_force(on).filter(key=key).order_by("-id").first()
    if rule is None:
        raise RuleBroken(
            "no_number_rule",
            f"{cn_date(on)}没有施行中的编号规则，不能编号，请联系平台管理员。",
        )
    return fill(rule.pattern, parts)


def fill(pattern: str, parts: dict[str, str]) -> Series:
    """Fill a pattern in; ValueError for one without exactly one {serial} or with unknown parts."""
    texts, form = [""], None
    for literal, name, spec, _ in string.Formatter().parse(pattern):
        texts[-1] += literal
        if name == "serial":
            form = spec or "d"
            texts.append("")
        elif name is not None:
            if name not in parts:
                raise ValueError(f"unknown part {name} in {pattern}")
            texts[-1] += format(parts[name], spec or "")
    if len(texts) != 2 or form is None:
        raise ValueError(f"{pattern} does not count")
    return Series(texts[0], form, texts[1])


def _next(found: Series) -> str:
    return found.at(next_serial(found.name))


def _places(kind: CylinderKind, region: Region) -> dict[str, str]:
    province = Region.objects.get(pk=f"{region.code[:2]}0000")
    return {
        "variety": kind.variety,
        "province": province.settings["abbreviation"],
        "district": region.code[2:],
    }
