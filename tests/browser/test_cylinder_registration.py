"""C 三 and C 四 whole: 30 rows of which 4 are wrong and 2 stand already, photographs by folder and by
hand, three people of the bureau, one photograph marked 错误; ends with certificate and check page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import openpyxl
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.clock import local_day
from cylinders.models import Batch, Certificate, Cylinder, ItemPhoto
from reports.models import IssuedDocument
from tests.factories import cylinders as make
from tests.factories import pictures
from tests.factories import units as people
from tests.reports import pdfs
from tests.waiting import PATIENCE
from tests.world import World

OpenAs = Callable[..., Page]
MADE = local_day(timezone.now() - timedelta(days=365)).replace(day=1)  # any recent month
WRONG = {
    5: {"qr_url": "20260005"},
    11: {"medium": "氧气"},
    17: {"product_no": ""},
    23: {"volume": "很大"},
}
# Rows that stand in the register already, as another unit's.
STANDING = ("A000008", "A000014")
# Its watch begins with the picture's `load`, which may come after it is complete.
LONGER = "() => new Promise((done) => setTimeout(() => setTimeout(done, 30)))"
# The bar is at this photograph, its judging has begun and the picture is on the screen.
SHOWN = """(at) => document.querySelector(".ck-bar__at").textContent.includes(at)
  && document.querySelector("[data-photo-check]").dataset.ready === "1"
  && document.querySelector("[data-check-image]").complete"""


def row(number: int, **changed: object) -> dict[str, object]:
    """A good row that is good on any day."""
    recent = {"made_on": f"{MADE:%Y-%m}", "next_inspection_on": None}
    return make.cells(number, **(recent | changed))


def rows(changes: dict[int, dict[str, object]]) -> list[dict[str, object]]:
    return [row(n, **changes.get(n, {})) for n in range(1, 31)]


def test_from_the_workbook_to_the_check_page(
    committed_world: World, open_as: OpenAs, tmp_path: Path
) -> None:
    world = committed_world
    make.reference()
    make.setting(least_seconds=0.02, sample_percent=5)
    for product_no in STANDING:
        maker = make.cells()["manufacturer"]
        make.registered(world.yi, product_no=product_no, made_on=MADE, manufacturer=maker)
    second, third = (
        people.account("bureau", name, world.bureau) for name in ("yuzhong2", "yuzhong3")
    )
    desk = open_as(world.jia_admin, phone=False)
    batch = apply(desk)
    take_in_workbooks(desk, batch, tmp_path)
    photograph(desk, batch, tmp_path)
    number = submit(desk, batch)

    accept(open_as(world.regulator, phone=False), number)
    review(open_as(second, phone=False), number)
    certify(open_as(third, phone=False), number)
    read_certificate(desk, open_as())


# ------------------------------------------------------------------ C 三: the unit
def apply(desk: Page) -> Batch:
    """业务办理 → 使用登记申请 → 添加设备 → 气瓶; what is missing of the basic information."""
    desk.goto("/dashboard/")
    desk.get_by_role("link", name="使用登记申请").click()
    desk.get_by_role("link", name="添加设备").first.click()
    with desk.expect_download() as template:
        desk.get_by_role("link", name="下载 Excel 模板").first.click()
    book = openpyxl.load_workbook(io.BytesIO(Path(template.value.path()).read_bytes()))
    assert book.sheetnames[0] == "气瓶"
    desk.get_by_role("radio", name="新增登记").check()
    desk.get_by_role("button", name="下一步：填写申请").click()
    expect(desk.get_by_role("heading", name="使用登记申请（草稿）")).to_be_visible()
    desk.get_by_role("link", name="编辑").first.click()
    for label, text in (
        ("法定代表人", "陈国栋"),
        ("邮政编码", "400010"),
        ("联系人", "李安"),
        ("联系电话", "13800000001"),
        ("安全管理部门", "安全管理部"),
        ("安全管理负责人", "王总"),
        ("安全管理部门电话", "023-63800001"),
    ):
        desk.get_by_label(label, exact=False).first.fill(text)
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_text("陈国栋")).to_be_visible()
    return Batch.objects.get()


def take_in_workbooks(desk: Page, batch: Batch, folder: Path) -> None:
    """导入: all errors at once, the right rows taken, the mended file idempotent."""
    path = folder / "气瓶.xlsx"
    path.write_bytes(make.workbook(batch, *rows(WRONG)))
    desk.goto(f"/cylinders/applications/{batch.code}/")
    desk.get_by_role("link", name="导入").first.click()
    upload(desk, path)
    expect(desk.get_by_role("link", name="新增 24")).to_be_visible()
    expect(desk.get_by_role("link", name=re.compile("有错误 6"))).to_be_visible()
    with desk.expect_download() as wrong:
        desk.get_by_role("link", name="下载错误数据").click()
    returned = openpyxl.load_workbook(io.BytesIO(Path(wrong.value.path()).read_bytes()))
    said = [str(one[-1]) for one in returned["气瓶"].iter_rows(values_only=True)][1:]
    reasons = ("http", "不能充装", "产品编号", "很大", "另一单位")
    assert [part for part in reasons if not any(part in one for one in said)] == []
    desk.get_by_label("只导入正确的行").check()
    desk.get_by_role("button", name="确认导入 24 行").click()
    expect(desk.locator(".sz-alert--success")).to_contain_text("新增 24")
    path.write_bytes(make.workbook(batch, *rows({})))
    desk.goto(f"/cylinders/applications/{batch.code}/")
    desk.get_by_role("link", name="导入").first.click()
    upload(desk, path)
    desk.get_by_label("只导入正确的行").check()
    desk.get_by_role("button", name="确认导入 4 行").click()
    expect(desk.locator(".sz-alert--success")).to_contain_text("新增 4")
    assert batch.items.count() == 28


def upload(desk: Page, path: Path) -> None:
    desk.get_by_label("Excel 文件").set_input_files(path)
    desk.get_by_label("区县").select_option(label="渝中区")
    desk.get_by_role("button", name="上传并检查").click()


def photograph(desk: Page, batch: Batch, folder: Path) -> None:
    """A folder for all but the last cylinder; 是否上传附件 finds it, its page takes them by hand."""
    items = list(batch.items.order_by("number"))
    files = folder / "照片"
    files.mkdir()
    for place, item in enumerate(items[:-1]):
        for kind, colour in (("钢印", "c03020"), ("监检证书", "2030c0")):
            content = pictures.jpeg(80 + place, 60, f"#{colour}")
            (files / f"{item.product_no}-{kind}.jpg").write_bytes(content)
    desk.goto(f"/cylinders/applications/{batch.code}/photos/")
    desk.locator("#folder_input").set_input_files(files)
    desk.get_by_role("button", name="开始上传 54 张").click()
    expect(desk.locator("[data-run-word]")).to_have_text(
        "全部 54 张照片都已上传。", timeout=1000 * PATIENCE
    )
    desk.goto(f"/cylinders/applications/{batch.code}/submit/")
    expect(desk.get_by_text(re.compile("1 只气瓶.*照片"))).to_be_visible()
    desk.goto(f"/cylinders/applications/{batch.code}/?photos=none")
    desk.get_by_role("link", name="信息与照片").click()
    for place, kind, colour in ((1, "stamp", "20c030"), (2, "certificate", "30c0c0")):
        one = folder / f"{kind}.jpg"
        one.write_bytes(pictures.jpeg(200, 150, f"#{colour}"))
        desk.locator(f"#photo_{kind}").set_input_files(one)
        expect(desk.locator(".ph-one")).to_have_count(place)
    assert ItemPhoto.objects.filter(item__batch=batch, is_live=True).count() == 56


def submit(desk: Page, batch: Batch) -> str:
    desk.goto(f"/cylinders/applications/{batch.code}/submit/")
    desk.get_by_role("checkbox").first.check()
    desk.get_by_role("button", name="提交使用登记表").click()
    expect(desk).not_to_have_url(re.compile(r"/submit/$"))
    batch.refresh_from_db()
    assert batch.state == "submitted"
    desk.goto("/cylinders/progress/")
    expect(desk.get_by_text(batch.number).first).to_be_visible()
    return batch.number


# ------------------------------------------------------------------ C 四: the bureau
def accept(desk: Page, number: str) -> None:
    """待办事项 → 详情 → 审核附件 with keys, one photograph 错误 → 完成 → 受理."""
    desk.goto("/bureau/desk/")
    desk.get_by_text("您有 1 条使用登记的受理任务需要处理").click()
    desk.get_by_role("link", name="详情").click()
    expect(desk.get_by_text(number).first).to_be_visible()
    desk.get_by_role("link", name="审核附件").first.click()
    for at in range(1, 57):
        look(desk, at, 56)
        if at == 9:
            desk.keyboard.press("2")
            desk.keyboard.press("3")
        desk.keyboard.press("ArrowRight")
    desk.wait_for_url("**/result/")
    desk.get_by_role("button", name="完成").click()
    desk.get_by_role("dialog").get_by_role("button", name="完成").click()
    expect(desk.get_by_text("附件审核已完成：照片 56 张全部看过，错误 1 张。")).to_be_visible()
    desk.get_by_role("link", name="返回详情").click()
    decide(desk, "受理")


def look(desk: Page, at: int, of: int) -> None:
    """The photograph is there, and looked at for longer than the district asks."""
    desk.wait_for_function(SHOWN, arg=f"第 {at} / {of} 张")
    desk.evaluate(LONGER)


def decide(desk: Page, title: str) -> None:
    desk.get_by_role("link", name=title, exact=True).click()
    drawer = desk.locator("form").filter(has=desk.locator("input[name=do]"))
    drawer.get_by_role("button", name=title, exact=True).click()
    expect(drawer).to_have_count(0)


def review(desk: Page, number: str) -> None:
    """Another person looks at the sample again, then 审核."""
    desk.goto("/bureau/desk/")
    desk.get_by_text(re.compile("1 条使用登记的审核任务")).click()
    desk.get_by_role("link", name="详情").click()
    desk.get_by_role("link", name=re.compile("抽样复看")).first.click()
    for at in range(1, 4):
        look(desk, at, 3)
        desk.keyboard.press("ArrowRight")
    desk.wait_for_url("**/result/")
    desk.get_by_role("link", name="返回详情").click()
    decide(desk, "审核")


def certify(desk: Page, number: str) -> None:
    desk.goto("/bureau/desk/")
    desk.get_by_text(re.compile("1 条使用登记的审批任务")).click()
    desk.get_by_role("link", name="详情").click()
    decide(desk, "审批")
    decide(desk, "证书生成")
    expect(desk.get_by_text("已发证").first).to_be_visible()


# ------------------------------------------------------------------ the certificate
def read_certificate(desk: Page, public: Page) -> None:
    certificate = Certificate.objects.exclude(unit__name__startswith="乙").get()
    assert certificate.cylinders.count() == 27
    desk.goto("/cylinders/certificates/")
    desk.get_by_role("link", name=certificate.number).click()
    expect(desk.get_by_text("27 只").first).to_be_visible()
    desk.goto(f"/documents/certificates/{certificate.code}/")
    desk.get_by_role("button", name="生成 PDF").click()
    expect(desk.get_by_text("本页与 PDF 内容一致")).to_be_visible()
    issued = IssuedDocument.objects.get(kind="cylinder_certificate")
    printed = pdfs.text(pdfs.content(issued))
    for text in (
        certificate.number,
        "甲物业管理有限公司",
        "液化石油气钢瓶",
        "27",
        "渝中区市场监督管理局",
    ):
        assert text in printed.replace("\n", "")
    public.goto(f"/q/certificate/{certificate.token}/")
    expect(public.get_by_role("heading", name="使用登记证有效")).to_be_visible()
    for text in (certificate.number, "甲物业管理有限公司", "27", "渝中区"):
        expect(public.get_by_text(text).first).to_be_visible()
    one = Cylinder.objects.filter(certificate=certificate).first()
    public.goto(f"/q/{one.token}/")
    expect(public.get_by_text(one.product_no).first).to_be_visible()
