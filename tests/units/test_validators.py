"""Phones, id numbers, credit codes: what is right, and the sentence for what is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from units.validators import (
    credit_code_check_digit,
    credit_code_problem,
    id_number_check_digit,
    id_number_problem,
    phone_problem,
    username_problem,
)

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("13800000001", ""),
        ("19912345678", ""),
        ("1380000000", "手机号应为 11 位数字、以 1 开头，现为 10 位，请核对。"),
        ("12800000001", "手机号应为 11 位数字、以 1 开头，现为 11 位，请核对。"),
        ("１３８００００００01", "手机号应为 11 位数字、以 1 开头，现为 11 位，请核对。"),
        ("", "手机号应为 11 位数字、以 1 开头，现为 0 位，请核对。"),
    ],
)
def test_phone(text: str, sentence: str) -> None:
    assert phone_problem(text) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("11010519491231002X", ""),  # the specimen of GB 11643—1999
        ("440524188001010014", "身份证件号码中的出生日期不合理，请核对第 7 至 14 位。"),
        ("110105194912310021", "身份证件号码的校验位不对，请逐位核对。"),
        ("110105194913310028", "身份证件号码中的出生日期不存在，请核对第 7 至 14 位。"),
        ("110105202611210024", "身份证件号码中的出生日期不合理，请核对第 7 至 14 位。"),
        ("11010519491231002", "身份证件号码应为 18 位（末位可为 X），现为 17 位，请核对。"),
        ("11010519491231002x", "身份证件号码应为 18 位（末位可为 X），现为 18 位，请核对。"),
    ],
)
def test_id_number(text: str, sentence: str) -> None:
    assert id_number_problem(text, today=TODAY) == sentence


def test_every_single_wrong_digit_of_an_id_number_is_noticed() -> None:
    right = "11010519491231002X"
    noticed = [
        id_number_check_digit(f"{right[:at]}{digit}{right[at + 1 : 17]}") != "X"
        for at in range(17)
        for digit in "0123456789"
        if digit != right[at]
    ]
    assert noticed == [True] * 153


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("91350100M000100Y43", ""),  # the specimen of GB 32100—2015
        ("91350100M000100Y34", "统一社会信用代码的校验位不对，请逐位核对。"),
        ("91350100M000100O43", "统一社会信用代码中不会出现 O，请核对。"),
        ("9135A100M000100Y43", "统一社会信用代码的第 3 至 8 位应为登记机关行政区划码（数字）。"),
        ("91350100M000100Y4", "统一社会信用代码应为 18 位，现为 17 位，请核对。"),
    ],
)
def test_credit_code(text: str, sentence: str) -> None:
    assert credit_code_problem(text) == sentence


def test_credit_code_check_digit_of_the_specimen() -> None:
    assert credit_code_check_digit("91350100M000100Y4") == "3"


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("jia", True),
        ("a1.b-c_d", True),
        ("ab", False),
        ("-abc", False),
        ("甲", False),
        ("A1b", False),
    ],
)
def test_username(text: str, is_right: bool) -> None:
    assert (username_problem(text) == "") is is_right
