"""Label sheets of machine codes (F37): what is printed, and that a scanner reads every label."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdf
import pypdfium2
import pytest
import zxingcpp
from django.test import Client

from equipment import qr
from reports.documents import labels
from tests.factories import codes
from tests.factories import equipment as machines
from tests.reports import pdfs
from tests.world import World
from units.models import User

LABELS = "/labels/"
As = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _address(settings: object) -> None:
    settings.PUBLIC_URL = "https://shouze.example"


def scan(pdf: bytes, page: int = 0) -> set[str]:
    """What a scanner reads on a printed page (200 dpi)."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=200 / 72).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def test_a_full_sheet_is_read_label_by_label(world: World, as_: As) -> None:
    tokens = []
    for number in range(25):
        name = "电梯" * 40 if number == 0 else f"{number}号梯㛃𬭚🛗"
        made = machines.machine(world.far_unit, "lift", name=name)
        tokens.append(codes.device_code(made).token)
    answer = as_(world.far_admin).get(LABELS)
    pdf = answer.content
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    sheets = pypdf.PdfReader(io.BytesIO(pdf)).pages
    size = {
        (round(p.mediabox.width / 72 * 25.4), round(p.mediabox.height / 72 * 25.4)) for p in sheets
    }
    assert (len(sheets), size) == (2, {(210, 297)})
    assert scan(pdf) == {qr.address(token) for token in tokens[:24]}
    assert scan(pdf, 1) == {qr.address(tokens[24])}


def test_a_label_says_what_it_is_on(world: World, as_: As) -> None:
    held = codes.device_code(world.lift)
    text = pdfs.text(as_(world.jia_admin).get(LABELS, {"m": world.lift.code}).content)
    for words in (
        "1号客梯",
        f"编号{world.lift.inner_no}",
        world.lift.registration_no,
        "甲物业管理有限公司",
        held.token,
        "扫码查看信息、报告问题",
    ):
        assert words in text


def test_ticked_filtered_or_all(world: World, as_: As) -> None:
    tokens = {
        one.name: codes.device_code(one).token for one in (world.lift, world.crane, world.boiler)
    }
    client = as_(world.jia_admin)

    def printed(**query: object) -> set[str]:
        text = pdfs.text(client.get(LABELS, query).content)
        return {name for name, token in tokens.items() if token in text}

    assert printed() == set(tokens)
    assert printed(m=[world.lift.code, world.crane.code]) == {"1号客梯", "2号行车"}
    # 全选本筛选结果 goes before what is ticked
    assert printed(m=world.lift.code, filter="category=crane", all="1") == {"2号行车"}


@pytest.mark.parametrize("query", [{}, {"filter": "keyword=没有的"}, {"m": "AAAAAAAAAA"}])
def test_without_codes_there_is_nothing_to_print(
    world: World, as_: As, query: dict[str, str]
) -> None:
    codes.device_code(world.yi_lift)
    answer = as_(world.jia_admin).get(LABELS, {**query, "m": world.yi_lift.code})
    assert answer.status_code == 409
    assert "请先在“一码通”中赋码再打印标签" in answer.content.decode()


def test_too_many_are_refused_in_words(
    world: World, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.views.labels.LABELS_MOST", 1)
    for one in (world.lift, world.crane):
        codes.device_code(one)
    answer = as_(world.jia_admin).get(LABELS)
    assert answer.status_code == 409
    assert "一次最多打印 1 张标签" in answer.content.decode()


def test_pages_hold_twenty_four() -> None:
    every = [labels.Label(str(n), "", "", "", "", "") for n in range(50)]
    assert [len(sheet) for sheet in labels.pages(every)] == [24, 24, 2]
    assert labels.pages([]) == []
