"""设备代码 and 使用登记证编号: what is normalised, hinted at, refused."""

import pytest

from config.errors import RuleBroken
from equipment import validators


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("31105012320230001", "31105012320230001"),
        ("３１１０５０１２３２０２３０００１", "31105012320230001"),
        (" 3110 50123 2023 0001 ", "31105012320230001"),
        ("23t0a01232023000b", "23T0A01232023000B"),
        ("DT—98／017", "DT-98/017"),
    ],
)
def test_an_equipment_code_is_normalised(typed: str, stored: str) -> None:
    assert validators.clean_equipment_code(typed) == stored


@pytest.mark.parametrize("typed", ["3" * 21, "<b>3110</b>", "电梯一号"])
def test_what_cannot_be_a_code_is_refused(typed: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        validators.clean_equipment_code(typed)
    assert (refusal.value.code, refusal.value.field) == ("equipment_code_bad", "equipment_code")


@pytest.mark.parametrize(
    ("code", "hints"),
    [
        ("", []),
        ("31105012320230001", []),
        ("23T0A012320230001", ["设备代码前 4 位 23T0 与设备品种代码 3110 不一致，请核对。"]),
        ("31105012320270001", ["设备代码第 10–13 位 2027 应为制造年份，请核对。"]),
        (
            "DT-98/017",
            [
                "设备代码 DT-98/017 不是 17 位标准格式（4 位品种代码 + 5 位制造单位代号 + 4 位年份 + "
                "4 位顺序号），已按旧格式保存，请核对。"
            ],
        ),
    ],
)
def test_the_structure_of_a_code_is_hinted_at(code: str, hints: list[str]) -> None:
    found = validators.equipment_code_hints(code, catalogue_code="3110", year_now=2026)
    assert found == hints


@pytest.mark.parametrize(
    "typed",
    [
        "梯11渝A00001(23)",
        "梯１１渝Ａ００００１（２３）",
        "梯11渝a00001〔23〕",
        " 梯11 渝A00001【23】",
    ],
)
def test_brackets_and_width_of_a_registration_number_do_not_matter(typed: str) -> None:
    assert validators.clean_registration_no(typed) == "梯11渝A00001(23)"


def test_a_long_registration_number_is_refused() -> None:
    with pytest.raises(RuleBroken) as refusal:
        validators.clean_registration_no("渝" * 41)
    assert (refusal.value.code, refusal.value.field) == ("registration_no_bad", "registration_no")


@pytest.mark.parametrize(
    ("number", "hints"),
    [
        ("", []),
        ("梯11渝A00001(23)", []),
        (
            "渝梯2009-0017",
            [
                "使用登记证编号 渝梯2009-0017 不是现行格式（如 梯11渝A00001(23)），已按旧格式保存，请核对。"
            ],
        ),
        (
            "起11渝A00001(23)",
            ["使用登记证编号首字“起”与设备类别（应为“梯”）不一致，请核对。"],
        ),
        (
            "梯12渝A00001(23)",
            ["使用登记证编号第 2–3 位 12 与品种代码 3110 的第 2–3 位不一致，请核对。"],
        ),
    ],
)
def test_the_pattern_of_a_registration_number_is_hinted_at(number: str, hints: list[str]) -> None:
    found = validators.registration_no_hints(number, category="lift", catalogue_code="3110")
    assert found == hints
