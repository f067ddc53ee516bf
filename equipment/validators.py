"""Codes that people type: 设备代码 and 使用登记证编号 (pure; domain.md 4.2 and 4.3).

Normalising never fails. What does not follow today's pattern is kept as typed, because legacy
codes are valid, and named in a hint; only what cannot be stored or is no code at all is refused.
"""

from __future__ import annotations

import re
import unicodedata

from config.errors import RuleBroken
from equipment.enums import Category

EQUIPMENT_CODE_LONGEST = 20
REGISTRATION_LONGEST = 40

# 4 catalogue code + 5 maker (2 region, 3 serial of its licence) + 4 year + 4 serial number.
_CODE = re.compile(r"(?P<catalogue>[0-9A-Z]{4})(?P<maker>[0-9A-Z]{5})(?P<year>\d{4})[0-9A-Z]{4}")
_CODE_ALLOWED = re.compile(r"[0-9A-Z./#+()_-]+")
# e.g. 梯11渝A00001(23): kind, 2nd+3rd digit of the catalogue code, province, city, serial, year.
_REGISTRATION = re.compile(
    r"(?P<kind>[锅容瓶管梯起索游车])(?P<variety>[0-9A-Z]{2})[\u4e00-\u9fa5][A-Z][0-9A-Z]{5}\(\d{2}\)"
)
_BRACKETS = str.maketrans("〔〕【】[]{}｛｝〈〉《》", "()()()()()()()")
_DASHES = str.maketrans("—–―−‐‑﹣", "-------")

KIND_LETTERS: dict[str, str] = {
    Category.BOILER: "锅",
    Category.PRESSURE_VESSEL: "容",
    Category.CYLINDER: "瓶",
    Category.PRESSURE_PIPE: "管",
    Category.LIFT: "梯",
    Category.CRANE: "起",
    Category.ROPEWAY: "索",
    Category.RIDE: "游",
    Category.VEHICLE: "车",
}
EARLIEST_YEAR = 1950


def _folded(text: str) -> str:
    """NFKC, upper case, without blanks and control characters, one kind of bracket and dash."""
    folded = unicodedata.normalize("NFKC", text).translate(_BRACKETS).translate(_DASHES).upper()
    return "".join(
        c for c in folded if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cf"}
    )


def clean_equipment_code(text: str) -> str:
    """Return a 设备代码 as it is stored; "" stays "".

    Raises RuleBroken("equipment_code_bad") for more than 20 characters or characters that no code
    has ever had.
    """
    code = _folded(text)
    if len(code) > EQUIPMENT_CODE_LONGEST:
        raise RuleBroken(
            "equipment_code_bad",
            f"设备代码最多 {EQUIPMENT_CODE_LONGEST} 个字符，现为 {len(code)} 个，请核对铭牌或使用登记证。",
            field="equipment_code",
        )
    if code and not _CODE_ALLOWED.fullmatch(code):
        raise RuleBroken(
            "equipment_code_bad", "设备代码只能由数字和字母组成，请核对。", field="equipment_code"
        )
    return code


def equipment_code_hints(code: str, *, catalogue_code: str, year_now: int) -> list[str]:
    """Sentences about a code that is not built like a 17-character 设备代码; [] when it is."""
    if not code:
        return []
    match = _CODE.fullmatch(code)
    if match is None:
        return [
            f"设备代码 {code} 不是 17 位标准格式（4 位品种代码 + 5 位制造单位代号 + 4 位年份 + "
            "4 位顺序号），已按旧格式保存，请核对。"
        ]
    hints = []
    if match["catalogue"] != catalogue_code:
        hints.append(
            f"设备代码前 4 位 {match['catalogue']} 与设备品种代码 {catalogue_code} 不一致，请核对。"
        )
    if not EARLIEST_YEAR <= int(match["year"]) <= year_now:
        hints.append(f"设备代码第 10–13 位 {match['year']} 应为制造年份，请核对。")
    return hints


def clean_registration_no(text: str) -> str:
    """Return a 使用登记证编号 as it is stored, brackets half-width; "" stays "".

    Raises RuleBroken("registration_no_bad") for more than 40 characters.
    """
    number = _folded(text)
    if len(number) > REGISTRATION_LONGEST:
        raise RuleBroken(
            "registration_no_bad",
            f"使用登记证编号最多 {REGISTRATION_LONGEST} 个字符，请核对使用登记证。",
            field="registration_no",
        )
    return number


def registration_no_hints(number: str, *, category: str, catalogue_code: str) -> list[str]:
    """Sentences about a number that is not built like 梯11渝A00001(23); [] when it is."""
    if not number:
        return []
    match = _REGISTRATION.fullmatch(number)
    if match is None:
        return [
            f"使用登记证编号 {number} 不是现行格式（如 梯11渝A00001(23)），已按旧格式保存，请核对。"
        ]
    hints = []
    letter = KIND_LETTERS[category]
    if match["kind"] != letter:
        hints.append(
            f"使用登记证编号首字“{match['kind']}”与设备类别（应为“{letter}”）不一致，请核对。"
        )
    elif match["variety"] != catalogue_code[1:3]:
        hints.append(
            f"使用登记证编号第 2–3 位 {match['variety']} 与品种代码 {catalogue_code} 的第 2–3 位不一致，请核对。"
        )
    return hints
