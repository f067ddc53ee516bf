"""What a phone, an id number and a credit code look like; each answers with a Chinese sentence."""

from __future__ import annotations

import re
from datetime import date

PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)
ID_NUMBER = re.compile(r"\d{17}[\dX]", re.ASCII)
POSTCODE = re.compile(r"\d{6}", re.ASCII)
# Mobile and landline numbers, with area code and extension: 023-63800000, 400-820-1234 转 5.
TELEPHONE = re.compile(r"\+?[\d][\d()\- ]{4,22}\d(?: ?(?:转|-|#|,) ?\d{1,6})?", re.ASCII)
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}", re.ASCII)

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
# GB 32100—2015: digits and capitals without I, O, S, V, Z.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def phone_problem(text: str) -> str:
    """Return what is wrong with a mobile number, "" when nothing is."""
    if PHONE.fullmatch(text):
        return ""
    return f"手机号应为 11 位数字、以 1 开头，现为 {len(text)} 位，请核对。"


def telephone_problem(text: str) -> str:
    """Return what is wrong with a mobile or landline number, "" when nothing is."""
    if TELEPHONE.fullmatch(text):
        return ""
    return "电话应为手机号或带区号的固定电话，如 023-63800000，请核对。"


def postcode_problem(text: str) -> str:
    """Return what is wrong with a postcode, "" when nothing is."""
    return "" if POSTCODE.fullmatch(text) else "邮政编码应为 6 位数字，请核对。"


def email_problem(text: str) -> str:
    """Return what is wrong with an e-mail address, "" when nothing is."""
    if EMAIL.fullmatch(text) and ".." not in text:
        return ""
    return "电子邮箱的格式应如 anquan@example.com，请核对。"


def username_problem(text: str) -> str:
    """Return what is wrong with an account name, "" when nothing is."""
    if USERNAME.fullmatch(text):
        return ""
    return "账号应为 3 至 40 位小写字母、数字、点、横线或下划线，并以字母或数字开头。"


def id_number_check_digit(body: str) -> str:
    """Return the 18th character that belongs to 17 digits (GB 11643—1999, MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def id_number_problem(text: str, *, today: date) -> str:
    """Return what is wrong with an 18-character id number, "" when nothing is."""
    if not ID_NUMBER.fullmatch(text):
        return f"身份证件号码应为 18 位（末位可为 X），现为 {len(text)} 位，请核对。"
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return "身份证件号码中的出生日期不存在，请核对第 7 至 14 位。"
    if not date(1900, 1, 1) <= born <= today:
        return "身份证件号码中的出生日期不合理，请核对第 7 至 14 位。"
    if id_number_check_digit(text[:17]) != text[17]:
        return "身份证件号码的校验位不对，请逐位核对。"
    return ""


def credit_code_check_digit(body: str) -> str:
    """Return the 18th character that belongs to 17 characters (GB 32100—2015, MOD 31)."""
    total = sum(
        _CREDIT_ALPHABET.index(char) * weight
        for char, weight in zip(body, _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def credit_code_problem(text: str) -> str:
    """Return what is wrong with an 18-character unified social credit code, "" when nothing is."""
    if len(text) != 18:
        return f"统一社会信用代码应为 18 位，现为 {len(text)} 位，请核对。"
    strange = sorted(set(text) - set(_CREDIT_ALPHABET))
    if strange:
        return f"统一社会信用代码中不会出现 {'、'.join(strange)}，请核对。"
    if not re.fullmatch(r"\d{6}", text[2:8], re.ASCII):
        return "统一社会信用代码的第 3 至 8 位应为登记机关行政区划码（数字）。"
    if credit_code_check_digit(text[:17]) != text[17]:
        return "统一社会信用代码的校验位不对，请逐位核对。"
    return ""
