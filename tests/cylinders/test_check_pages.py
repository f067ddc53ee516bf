"""The pages of 审核附件 and 抽样复看: what they show, how they answer, in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cylinders.enums import BatchState, CheckStep
from cylinders.models import Batch, PhotoCheck
from tests.cylinders.test_checks import Person, accepted, colleague, photos, submitted
from tests.factories import cylinders as factory
from tests.factories import units as people
from tests.world import World

pytestmark = pytest.mark.django_db
As = Callable[[object], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _reference(world: World) -> None:
    factory.reference()


def url(name: str, batch: Batch) -> str:
    return reverse(f"cylinders:{name}", args=[batch.code])


def posted(client: Client, batch: Batch, at: int = 1, *, name: str = "check", **typed: str) -> Any:
    """Post the form of a page as the page gave it out, with what a person changes."""
    form = client.get(f"{url(name, batch)}?at={at}").context["form"]
    given = {"photo": form["photo"].value(), "token": form["token"].value(), "at": at}
    headers = typed.pop("headers", None)
    typed = {"verdict": "correct", "go": "next", "seen_ms": "1500"} | typed
    return client.post(url(f"{name}-save", batch), {**given, **typed}, headers=headers)


@pytest.mark.parametrize("cylinders", [1, 3])
def test_a_page_takes_the_same_queries_whatever_the_batch_holds(
    world: World, as_: As, cylinders: int
) -> None:
    batch = submitted(world, cylinders=cylinders)
    client = as_(world.regulator)
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(f"{url('check', batch)}?at=1")
    assert answer.status_code == 200
    assert len(caught) == PAGE_QUERIES


# Session, account, batch with its setting, progress, the photographs around it, badges.
PAGE_QUERIES = 6


def test_the_photograph_stands_beside_what_it_is_compared_with(world: World, as_: As) -> None:
    batch = factory.batch(world.jia, state=BatchState.SUBMITTED)
    item = factory.complete_item(batch, product_no="00㛃1", owner="<script>x</script>")
    answer = as_(world.regulator).get(url("check", batch))
    assert dict(answer.context["compared"]) == {
        "产品编号": "00㛃1",
        "制造单位": item.manufacturer,
        "制造年月": "2024年5月",
        "充装介质": "液化石油气",
        "公称压力（MPa）": "2.1",
        "容积（L）": "35.5",
    }
    assert [row["is_now"] for row in answer.context["siblings"]] == [True, False]
    stamp, certificate = photos(batch)
    assert answer.context["next_url"] == reverse("units:file", args=[certificate.photo.copy_id])
    page = answer.content.decode()
    assert reverse("units:file", args=[stamp.photo.copy_id]) in page
    assert "<script>x" not in page


def test_turning_the_page_saves_and_shows_the_state(world: World, as_: As) -> None:
    batch = submitted(world)
    client = as_(world.regulator)
    answer = posted(client, batch, headers=HTMX)
    assert answer.templates[0].name == "cylinders/_check_photo.html"
    assert answer.headers["HX-Replace-Url"] == f"{url('check', batch)}?at=2"
    found = answer.context["progress"]
    assert (found.total, found.seen, found.again) == (4, 1, 1)
    # Without JavaScript: a redirect to the next page, and back.
    assert posted(client, batch, 2).headers["Location"] == f"{url('check', batch)}?at=3"
    assert posted(client, batch, 3, go="prev").headers["Location"] == f"{url('check', batch)}?at=2"
    assert PhotoCheck.objects.count() == 2  # turning back left the third one unjudged
    assert posted(client, batch, 4).headers["Location"] == f"{url('check', batch)}?at=3"
    answer = posted(
        client, batch, 3, verdict="wrong", common="制造年月与填报不一致", reason="差一年"
    )
    assert PhotoCheck.objects.get(verdict="wrong").reason == "制造年月与填报不一致；差一年"
    form = client.get(f"{url('check', batch)}?at=3").context["form"]
    assert (form["common"].value(), form["reason"].value()) == ("制造年月与填报不一致", "差一年")


def test_behind_the_last_photograph_comes_what_is_left_and_then_the_result(
    world: World, as_: As
) -> None:
    batch = submitted(world, cylinders=1)
    client = as_(world.regulator)
    first, second = photos(batch)
    start = (timezone.now() - factory.NOW).total_seconds() - 60
    person = Person(world, world.regulator, start=start)
    person.look(first)
    assert client.get(url("check", batch)).context["at"] == 2
    answer = posted(client, batch, 2, verdict="wrong", common="照片模糊，无法辨认", headers=HTMX)
    assert answer.headers["HX-Redirect"] == url("check-result", batch)
    assert client.get(url("check", batch)).headers["Location"] == url("check-result", batch)
    assert client.get(f"{url('check', batch)}?at=99").status_code == 302
    result = client.get(url("check-result", batch))
    wrong = [(row["one"].pk, row["url"]) for row in result.context["wrong"]]
    assert wrong == [(second.pk, f"{url('check', batch)}?at=2")]
    done = client.post(url("check-finish", batch), follow=True)
    assert "附件审核已完成：照片 2 张全部看过，错误 1 张。" in done.content.decode()
    twice = client.post(url("check-finish", batch))
    assert twice.status_code == 409
    assert "已经完成" in twice.content.decode()


def test_finishing_too_early_comes_back_with_the_list(world: World, as_: As) -> None:
    batch = submitted(world, cylinders=1)
    client = as_(world.regulator)
    posted(client, batch)
    answer = client.post(url("check-finish", batch))
    assert answer.status_code == 422
    assert answer.context["refusal"] == ("还不能完成：还有 1 张未审核，1 张查看时间太短、需复看。")
    assert [row["standing"]["text"] for row in answer.context["left"]] == ["需复看", "未审核"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"verdict": "wrong", "reason": " "}, "请选择或填写错误原因，移出气瓶时会告知单位。"),
        ({"verdict": "wrong", "reason": "错𬭚" * 101}, "错误原因最多 200 个字。"),
        ({"verdict": ""}, "请选择“正确”或“错误”。"),
        ({"verdict": "wrong", "common": "编造的原因"}, "请从常见原因中选择，或者填写其他原因。"),
    ],
)
def test_what_is_refused_comes_back_with_what_was_typed(
    world: World, as_: As, typed: dict[str, str], sentence: str
) -> None:
    batch = submitted(world, cylinders=1)
    answer = posted(as_(world.regulator), batch, **typed, headers=HTMX)
    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    assert sentence in page
    assert answer.context["form"]["reason"].value() == typed.get("reason")
    assert answer.context["form"]["seen_ms"].value() == "1500"
    assert PhotoCheck.objects.count() == 0


def test_who_may_open_and_who_may_judge(world: World, as_: As) -> None:
    batch = submitted(world, cylinders=1)
    city = people.account("bureau", "city", people.bureau("500000", "重庆市市场监督管理局"))
    shown = as_(city).get(f"{url('check', batch)}?at=1")
    assert shown.context["closed"] == "本批次由渝中区的登记机关办理，这里只能查看。"
    assert '<button class="btn btn-primary ck-turn__next"' not in shown.content.decode()
    photo = str(photos(batch)[0].photo.code)
    for user, code in ((city, 403), (world.far_regulator, 404), (world.jia_admin, 403)):
        given = {"photo": photo, "verdict": "correct"}
        assert as_(user).post(url("check-save", batch), given).status_code == code
    assert as_(city).post(url("check-finish", batch)).status_code == 403
    other = submitted(world, cylinders=1)
    foreign = {"photo": str(photos(other)[0].photo.code), "verdict": "correct"}
    assert as_(world.regulator).post(url("check-save", batch), foreign).status_code == 404
    assert as_(world.regulator).post(url("check-save", batch), {"photo": "x"}).status_code == 409
    assert PhotoCheck.objects.count() == 0


def test_a_page_that_was_left_open_is_told_what_happened(world: World, as_: As) -> None:
    batch = submitted(world, cylinders=1)
    Batch.objects.update(state=BatchState.CORRECTING)
    answer = posted_closed(as_(world.regulator), batch)
    assert answer.status_code == 409
    assert "当前状态为“待补正”，不能审核附件。" in answer.content.decode()


def posted_closed(client: Client, batch: Batch) -> Any:
    given = {"photo": str(photos(batch)[0].photo.code), "verdict": "correct", "at": 1}
    return client.post(url("check-save", batch), given)


def test_the_sample_is_shown_to_another_person_without_the_first_verdict(
    world: World, as_: As
) -> None:
    second = colleague(world)
    batch, _person = accepted(world, cylinders=2, percent=100)
    assert "请由 周审核 办理" in as_(world.regulator).get(url("sample", batch)).context["closed"]
    client = as_(second)
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(f"{url('sample', batch)}?at=1")
    assert len(caught) == PAGE_QUERIES + 1  # the steps taken
    assert answer.context["judged"]["text"] == "未审核"
    assert world.regulator.name not in answer.context["photo"].__dict__.values()
    answer = posted(client, batch, name="sample", verdict="wrong", reason="不是这只气瓶")
    assert answer.headers["Location"] == f"{url('sample', batch)}?at=2"
    result = client.get(url("sample-result", batch))
    assert "已复看 1 张，一致 0 张（0%）" in result.content.decode()
    assert PhotoCheck.objects.filter(step=CheckStep.SAMPLE).count() == 1
