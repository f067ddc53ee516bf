"""Files of a refused form are there at its next try, and nowhere else (units.carried)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client

from tests.factories import checklists, codes, papers, pictures
from tests.factories import units as people
from tests.world import NOW, TODAY, World
from units import carried
from units.carried import GONE, USED
from units.files import read_bytes
from units.models import Activity, CarriedFile, Certificate, StoredFile, User

As = Callable[[User], Client]
GOOD = {"kind": "operator", "number": "T5001"}
TRAINING = {
    "title": "夏季培训",
    "held_on": "2026-06-16",
    "place": "会议室",
    "hours": "1",
    "organiser": "own",
    "content": "内容",
}
PICTURE = pictures.jpeg(900, 600)


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def url(world: World) -> str:
    return f"/staff/{world.li.code}/certificates/add/"


def scan(name: str = "证书.pdf", text: str = "") -> Any:
    return papers.upload(papers.pdf(text), name)


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def tokens(answer: Any) -> dict[str, list[str]]:
    """What the page sends back, as a browser would: hidden inputs by name."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input type="hidden" name="(carried-[a-z_]+)" value="([^"]+)">', answer.content.decode()
    ):
        found.setdefault(name, []).append(unescape(value))
    return found


def refused(client: Client, url: str, **given: Any) -> dict[str, list[str]]:
    """Post a certificate without its number; return the tokens of the page that comes back."""
    answer = client.post(url, {**GOOD, "number": "", **given})
    assert answer.status_code == 422
    return tokens(answer)


def saved() -> list[tuple[str, str]]:
    """(number, name of the scan) of every certificate."""
    return [
        (one.number, one.file.original_name if one.file else "")
        for one in Certificate.objects.select_related("file").order_by("pk")
    ]


def bytes_there() -> int:
    """How many files lie aside in the storage."""
    if not default_storage.exists("carried"):
        return 0
    day = f"carried/{TODAY:%Y/%m/%d}"
    return len(default_storage.listdir(day)[1])


# ------------------------------------------------------------------ the next try
def test_a_corrected_form_has_its_file(
    admin: Client, url: str, django_capture_on_commit_callbacks: Any
) -> None:
    answer = admin.post(url, {**GOOD, "number": "", "file": scan(text="a")})
    assert (answer.status_code, "证书.pdf" in text_of(answer), "移除" in text_of(answer)) == (
        422,
        True,
        True,
    )
    assert (CarriedFile.objects.count(), StoredFile.objects.count(), bytes_there()) == (1, 0, 1)
    again = admin.post(url, {**GOOD, "number": "", **tokens(answer)})
    assert (again.status_code, CarriedFile.objects.count()) == (422, 1)
    with django_capture_on_commit_callbacks(execute=True):
        done = admin.post(url, {**GOOD, **tokens(again)})
    assert (done.status_code, saved()) == (302, [("T5001", "证书.pdf")])
    assert read_bytes(StoredFile.objects.get()) == papers.pdf("a")
    assert (CarriedFile.objects.count(), bytes_there()) == (0, 0)


def test_a_picture_is_shown_small_and_a_paper_by_its_name(admin: Client, url: str) -> None:
    picture = pictures.upload(PICTURE, "正面.jpg")
    page = admin.post(url, {**GOOD, "number": "", "file": picture}).content.decode()
    assert page.count('src="data:image/jpeg;base64,') == 1
    assert len(bytes(CarriedFile.objects.get().preview)) < 10_000
    page = admin.post(url, {**GOOD, "number": "", "file": scan()}).content.decode()
    assert page.count('src="data:image/jpeg;base64,') == 0


def test_a_refusal_of_the_action_keeps_it_too(world: World, admin: Client, url: str) -> None:
    """The form itself is in order; the rule that refuses is asked under the lock."""
    typed = {**GOOD, "issued_on": "2026-11-21"}  # tomorrow
    answer = admin.post(url, {**typed, "file": scan()})
    assert "发证日期不能晚于今天。" in text_of(answer)
    assert admin.post(url, {**GOOD, **tokens(answer)}).status_code == 302
    assert saved() == [("T5001", "证书.pdf")]


# ------------------------------------------------------------------ whom a token opens
def other_account(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    account = people.account("unit", "jia-two", world.jia)
    return as_(account), f"/staff/{world.li.code}/certificates/add/", token


def other_unit(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    """The same account, which meanwhile acts for another unit."""
    User.objects.filter(pk=world.jia_admin.pk).update(unit=world.yi)
    return as_(world.jia_admin), f"/staff/{world.sun.code}/certificates/add/", token


def unit_of_the_row(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    """The address is the same, the unit of the row is not."""
    CarriedFile.objects.update(unit=world.yi)
    return as_(world.jia_admin), f"/staff/{world.li.code}/certificates/add/", token


def other_form(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    return as_(world.jia_admin), f"/staff/{world.zhang.code}/certificates/add/", token


def other_field(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    CarriedFile.objects.update(field="proof")
    return as_(world.jia_admin), f"/staff/{world.li.code}/certificates/add/", token


def expired(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    CarriedFile.objects.update(expires_at=NOW)
    return as_(world.jia_admin), f"/staff/{world.li.code}/certificates/add/", token


def bytes_are_gone(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    default_storage.delete(CarriedFile.objects.get().storage_name)
    return as_(world.jia_admin), f"/staff/{world.li.code}/certificates/add/", token


def forged(world: World, as_: As, token: str) -> tuple[Client, str, str]:
    url = f"/staff/{world.li.code}/certificates/add/"
    return as_(world.jia_admin), url, f"{CarriedFile.objects.get().pk}:{'x' * 43}"


@pytest.mark.parametrize(
    "case",
    [
        other_account,
        other_unit,
        unit_of_the_row,
        other_form,
        other_field,
        expired,
        bytes_are_gone,
        forged,
    ],
    ids=lambda case: case.__name__,
)
def test_a_token_that_does_not_hold_is_told(
    world: World, as_: As, admin: Client, url: str, case: Callable[..., tuple[Client, str, str]]
) -> None:
    """The scan is optional: gone through silently, the certificate would be without it."""
    [token] = refused(admin, url, file=scan())["carried-file"]
    client, address, sent = case(world, as_, token)
    answer = client.post(address, {**GOOD, "carried-file": sent})
    assert (answer.status_code, GONE in text_of(answer), saved()) == (422, True, [])
    assert tokens(answer) == {}
    assert client.post(address, GOOD).status_code == 302  # told once; without it then


def test_a_token_serves_once(admin: Client, url: str) -> None:
    given = refused(admin, url, file=scan())
    assert admin.post(url, {**GOOD, **given}).status_code == 302
    answer = admin.post(url, {**GOOD, "number": "T5002", **given})
    assert (answer.status_code, GONE in text_of(answer)) == (422, True)
    assert saved() == [("T5001", "证书.pdf")]


def test_of_two_tries_at_once_one_goes_through(
    admin: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's action is done when its turn comes: it is rolled back and told."""
    given = refused(admin, url, file=scan())
    add = carried.FormFiles.use_up

    def beaten(self: carried.FormFiles) -> None:
        CarriedFile.objects.all().delete()
        add(self)

    monkeypatch.setattr(carried.FormFiles, "use_up", beaten)
    answer = admin.post(url, {**GOOD, **given})
    assert (answer.status_code, USED in text_of(answer), saved()) == (422, True, [])


# ------------------------------------------------------------------ chosen anew, taken away, wrong
def test_another_file_takes_its_place(admin: Client, url: str) -> None:
    given = refused(admin, url, file=scan("旧.pdf", "1"))
    again = refused(admin, url, file=scan("新.pdf", "2"), **given)
    assert len(again["carried-file"]) == 1
    assert admin.post(url, {**GOOD, **again}).status_code == 302
    assert saved() == [("T5001", "新.pdf")]


def test_a_wrong_file_is_not_kept_and_takes_no_place(admin: Client, url: str) -> None:
    given = refused(admin, url, file=scan("好.pdf"))
    wrong = papers.upload(b"GIF89a", "坏.pdf")
    answer = admin.post(url, {**GOOD, **given, "file": wrong})
    assert "文件名以 .pdf 结尾，内容却是GIF 图片" in text_of(answer)
    assert (tokens(answer), "坏.pdf" in text_of(answer)) == (given, False)


def test_a_file_is_taken_away(admin: Client, url: str) -> None:
    given = refused(admin, url, file=scan())
    drop = {"carried-drop": given["carried-file"]}
    assert refused(admin, url, **given, **drop) == {}
    assert CarriedFile.objects.count() == 0
    given = refused(admin, url, file=scan())
    drop = {"carried-drop": given["carried-file"]}
    assert admin.post(url, {**GOOD, **given, **drop}).status_code == 302
    assert (saved(), CarriedFile.objects.count()) == ([("T5001", "")], 0)


def test_several_files_of_a_field(world: World, admin: Client) -> None:
    url = "/trainings/add/"
    given = {**TRAINING, "people": [world.li.code]}
    files = [scan("签到表.pdf", "1"), papers.upload(b"MZ", "程序.exe"), scan("试卷.pdf", "2")]
    answer = admin.post(url, {**given, "files": files})
    assert "“程序.exe”：只能上传" in text_of(answer)
    assert len(tokens(answer)["carried-files"]) == 2
    again = admin.post(
        url, {**given, "title": "", **tokens(answer), "files": [scan("照片.pdf", "3")]}
    )
    kept = tokens(again)
    drop = {"carried-drop": kept["carried-files"][:1]}
    assert admin.post(url, {**given, **kept, **drop}).status_code == 302
    names = Activity.objects.get().files.values_list("original_name", flat=True)
    assert sorted(names) == ["照片.pdf", "试卷.pdf"]


def test_what_only_the_action_judges_is_looked_at_with_the_rest(
    world: World, admin: Client
) -> None:
    """A photograph is judged where it is stored; a refused form would tell of it one try later."""
    url = f"/checklists/{checklists.own(world.jia, '自定义').code}/items/add/"
    answer = admin.post(url, {"photo": pictures.upload(b"%PDF-1.7 x", "a.jpg")})
    page = text_of(answer)
    assert ("请选择管控形式。" in page, "这个文件不是照片" in page) == (True, True)
    assert (tokens(answer), CarriedFile.objects.count()) == ({}, 0)


# ------------------------------------------------------------------ room, time
def test_the_oldest_make_room_and_what_finds_none_is_told(
    world: World, admin: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = len(papers.pdf())
    monkeypatch.setattr(carried, "OWNER_LARGEST", 2 * one)
    elsewhere = f"/staff/{world.zhang.code}/certificates/add/"
    refused(admin, elsewhere, file=scan("先.pdf"))
    refused(admin, elsewhere, file=scan("后.pdf"))
    refused(admin, url, file=scan("新.pdf"))
    names = CarriedFile.objects.order_by("expires_at", "pk").values_list("original_name", flat=True)
    assert (len(names), "新.pdf" in names) == (2, True)
    monkeypatch.setattr(carried, "OWNER_LARGEST", one - 1)
    answer = admin.post(url, {**GOOD, "number": "", "file": scan("大.pdf")})
    assert "“大.pdf”没有保留，请重新选择。" in text_of(answer)


def test_the_sweep_takes_what_is_a_day_old(
    admin: Client, url: str, capsys: Any, django_capture_on_commit_callbacks: Any
) -> None:
    refused(admin, url, file=scan("旧.pdf"))
    refused(admin, url, file=scan("新.pdf"))
    CarriedFile.objects.filter(original_name="旧.pdf").update(expires_at=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("sweep_files")
    assert capsys.readouterr().out == "删除的文件 1 个\n"
    assert (CarriedFile.objects.get().original_name, bytes_there()) == ("新.pdf", 1)
    assert carried.sweep(now=NOW + timedelta(days=1)) == 1


# ------------------------------------------------------------------ without an account
class TestVisitors:
    """The public reports without signing in; the session stands for the account."""

    GIVEN = {"kind": "fault", "text": "", "contact": "", "website": ""}

    @pytest.fixture
    def report(self, world: World) -> str:
        return f"/c/{codes.device_code(world.lift).token}/report/"

    def test_the_same_visitor_alone_gets_it_back(self, report: str) -> None:
        visitor, stranger = Client(), Client()
        photos = [pictures.upload(pictures.jpeg(colour=colour)) for colour in ("red", "blue")]
        answer = visitor.post(report, {**self.GIVEN, "photo": photos})
        given = {**self.GIVEN, "text": "门不关", **tokens(answer)}
        assert len(given["carried-photo"]) == 2
        stolen = stranger.post(report, given)
        assert (stolen.status_code, GONE in text_of(stolen)) == (422, True)
        assert visitor.post(report, given).status_code == 302
        assert (StoredFile.objects.count(), CarriedFile.objects.count()) == (4, 0)

    def test_programs_fill_no_disk(self, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def sent() -> Any:
            return Client().post(report, {**self.GIVEN, "photo": pictures.upload(PICTURE)})

        for _ in range(6):
            assert len(tokens(sent())) == 1
        answer = sent()  # the seventh within a minute
        assert (tokens(answer), "没有保留，请重新选择。" in text_of(answer)) == ({}, True)
        assert CarriedFile.objects.count() == 6

    def test_visitors_share_one_room(self, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(carried, "VISITORS_LARGEST", len(PICTURE) + 1)
        for expected in (1, 0):
            answer = Client().post(report, {**self.GIVEN, "photo": pictures.upload(PICTURE)})
            assert len(tokens(answer)) == expected
