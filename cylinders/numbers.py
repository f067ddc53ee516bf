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
from cylinders.models import CylinderKind, NumberRule
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
    return next_serials(name, 1)[0]


def next_serials(name: str, count: int) -> range:
    """Take the next `count` numbers of a counter at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cylinders_serial AS s (name, value) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET value = s.value + excluded.value RETURNING value",
            [name, count],
        )
        last = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)


def batch_number(*, day: date) -> str:
    """The number of an application that is submitted on a day: QPSQ-20261121-000123."""
    found = series(BATCH, on=day, date=f"{day:%Y%m%d}")
    return found.at(next_serial(found.name))


def certificate_numbers(count: int, *, kind: CylinderKind, region: Region, day: date) -> list[str]:
    """The numbers of new certificates for a kind of cylinder: 瓶3渝010300012(26)."""
    if not count:
        return []
    parts = {**_places(region), "variety": kind.variety, "year": f"{day:%y}"}
    found = series(CERTIFICATE, on=day, **parts)
    return [found.at(serial) for serial in next_serials(found.name, count)]


def certificate_number(*, kind: CylinderKind, region: Region, day: date) -> str:
    """The number of one new certificate."""
    return certificate_numbers(1, kind=kind, region=region, day=day)[0]


@dataclass(frozen=True)
class CodeBook:
    """The codes of cylinders by the rule of a day; read once, however many certificates there are."""

    pattern: str
    places: dict[str, str]

    @classmethod
    def on(cls, day: date, *, region: Region) -> CodeBook:
        return cls(_pattern(CYLINDER_CODE, day), _places(region))

    def of(self, certificate_no: str, *, kind: CylinderKind) -> Series:
        """The series of a certificate's cylinders; Certificate.last_serial counts them."""
        named = {"certificate": certificate_no, "variety": kind.variety}
        return fill(self.pattern, {**self.places, **named})


def registration_code(
    certificate_no: str, serial: int, *, kind: CylinderKind, region: Region, day: date
) -> str:
    """The code of one cylinder: 瓶3渝010300012(26)-000001."""
    return CodeBook.on(day, region=region).of(certificate_no, kind=kind).at(serial)


def series(key: str, *, on: date, **parts: str) -> Series:
    """The pattern in force on a day with its parts filled in. RuleBroken `no_number_rule`."""
    return fill(_pattern(key, on), parts)


def _pattern(key: str, on: date) -> str:
    rule = NumberRule.objects.in_force(on).filter(key=key).order_by("-id").first()
    if rule is None:
        raise RuleBroken(
            "no_number_rule",
            f"{cn_date(on)}没有施行中的编号规则，不能编号，请联系平台管理员。",
        )
    return rule.pattern


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


def _places(region: Region) -> dict[str, str]:
    province = Region.objects.get(pk=f"{region.pk[:2]}0000")
    return {"province": province.settings["abbreviation"], "district": region.pk[2:]}
