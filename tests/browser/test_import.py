"""导入 in a real browser: upload, read the preview, write the right rows, get the wrong ones back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from equipment.models import Equipment
from tests.factories import workbooks
from tests.factories.workbooks import machine_row
from tests.world import World

OpenAs = Callable[..., Page]


def test_upload_preview_apply_and_the_wrong_rows_back(
    committed_world: World, open_as: OpenAs, tmp_path: Path
) -> None:
    lift = committed_world.lift
    path = tmp_path / "台账.xlsx"
    rows = [
        machine_row(1, 下次检验日期="2027年5月31日", 安全员姓名="李安"),
        machine_row(2, 使用状态="坏了", 数量="两台"),
        machine_row(3, 设备代码=lift.equipment_code, 使用登记证编号=None, 设备名称="1号观光梯"),
    ]
    path.write_bytes(workbooks.machines(rows))
    page = open_as(committed_world.jia_admin, phone=False)
    page.goto("/equipment/")
    page.get_by_role("link", name="导入").click()
    with page.expect_download() as template:
        page.get_by_role("link", name="下载设备导入模板").click()
    assert template.value.suggested_filename == "设备导入模板.xlsx"

    page.get_by_label("Excel 文件").set_input_files(path)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.locator(".im-wrong").first).to_have_text(
        "使用状态 J3：“坏了”不在可选范围内，应为：在用、未投用、停用、报废"
    )
    page.get_by_role("link", name="修改 1").click()
    expect(page.locator(".im-change").first).to_contain_text("1号客梯")
    page.get_by_role("link", name="新增 1").click()
    expect(page.locator(".im-note")).to_contain_text("2027年5月31日 → 2027-05-31")

    page.get_by_label("只导入正确的行").check()
    page.get_by_role("button", name="确认导入 2 行").click()
    expect(page.locator(".sz-alert--success")).to_contain_text("新增 1 行，修改 1 行")
    assert Equipment.objects.get(equipment_code="31105009920000001").officer == committed_world.li
    with page.expect_download() as wrong:
        page.get_by_role("link", name="下载错误数据").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(wrong.value.path()).read_bytes()))
    assert "使用状态（J3）" in book["设备"].cell(3, 21).value
    page.get_by_role("link", name="查看设备").click()
    expect(page.get_by_role("link", name="1号观光梯")).to_be_visible()
