"""Pages of certificates: list, one, 重新打印, the public check (F87)."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cylinders.actions.certify import reprint
from cylinders.models import Certificate, CertificateRevision, Cylinder
from tests.factories import certificates as issued
from tests.factories import cylinders as made
from tests.world import NOW, World

SignIn = Callable[..., Client]
LIST = "/cylinders/certificates/"


def body(response: object) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def certificate(world: World) -> Certificate:
    return issued.certified(world.jia, 2, by=world.actor(world.regulator))


def page_of(certificate: Certificate, name: str = "certificate") -> str:
    return reverse(f"cylinders:{name}", args=[certificate.code])


def test_unit_and_bureau_see_a_certificate_and_strangers_do_not(
    world: World, as_: SignIn, certificate: Certificate
) -> None:
    for reader in (world.jia_admin, world.regulator):
        assert certificate.number in body(as_(reader).get(LIST))
        page = body(as_(reader).get(page_of(certificate)))
        assert f"{certificate.number}-000002" in page
    for stranger in (world.yi_admin, world.far_regulator):
        assert "使用登记证</h1>" in body(as_(stranger).get(LIST))
        assert certificate.number not in body(as_(stranger).get(LIST))
        assert as_(stranger).get(page_of(certificate)).status_code == 404


def test_the_list_is_found_by_number_kind_and_unit_and_says_when_there_is_none(
    world: World, as_: SignIn, certificate: Certificate
) -> None:
    client = as_(world.regulator)
    for asked, count in (
        ({"keyword": "瓶3渝"}, 1),
        ({"keyword": "甲物业"}, 1),
        ({"keyword": "没有"}, 0),
        ({"kind": "lpg"}, 1),
        ({"kind": "acetylene"}, 0),
        ({"kind": "<script>"}, 1),
    ):
        assert body(client.get(LIST, asked)).count(f">{certificate.number}<") == count, asked
    assert "还没有使用登记证" in body(as_(world.yi_admin).get(LIST))


def test_the_pages_take_as_many_queries_for_three_as_for_one(
    world: World, as_: SignIn, certificate: Certificate
) -> None:
    client = as_(world.regulator)
    urls = (LIST, page_of(certificate))

    def counted() -> list[int]:
        found = []
        for url in urls:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(url)
            found.append(len(queries))
        return found

    client.get(LIST)
    before = counted()
    for unit in (world.yi, world.far_unit):
        issued.certified(unit, by=world.actor(world.regulator))
    issued.certified(world.jia, 3, by=world.actor(world.regulator))
    assert counted() == before


def test_only_the_issuing_bureau_reprints_and_only_once(
    world: World, as_: SignIn, certificate: Certificate
) -> None:
    url = page_of(certificate, "certificate-reprint")
    assert as_(world.jia_admin).get(url).status_code == 403
    assert as_(world.far_regulator).post(url, {"reason": "遗失"}).status_code == 404
    client = as_(world.regulator)
    assert "生成新版次" in body(client.get(url))
    given = {"reason": "遗失补发㛃", "revision": "1"}
    for bad in ({"reason": "  "}, {"reason": "长" * 201}):
        answer = client.post(url, given | bad)
        assert (answer.status_code, 'value="1"' in body(answer)) == (422, True)
    assert client.post(url, given).url == page_of(certificate)
    again = client.post(url, given)
    assert (again.status_code, "刚刚生成了第 2 版" in body(again)) == (409, True)
    assert "遗失补发㛃" in body(again)
    assert CertificateRevision.objects.count() == 2
    page = body(client.get(page_of(certificate)))
    assert "重新打印：遗失补发㛃" in page


# ------------------------------------------------------------------ the public check
def check(certificate: Certificate, **asked: object) -> object:
    url = reverse("cylinders:public-certificate", args=[certificate.token])
    return Client().get(url, asked)


def test_anybody_may_check_a_certificate_and_learns_of_no_person(
    world: World, certificate: Certificate
) -> None:
    answer = check(certificate, v=1)
    page = body(answer)
    assert answer.status_code == 200
    for words in ("有效，是现行版次", certificate.number, "甲物业管理有限公司", "2 只"):
        assert words in page
    batch = certificate.revisions.get().batch
    for person in (batch.contact_name, batch.safety_manager, batch.contact_phone):
        assert person not in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_an_old_paper_says_that_a_newer_revision_exists(
    world: World, certificate: Certificate
) -> None:
    reprint(certificate, reason="遗失", actor=world.actor(world.regulator), now=NOW)
    assert "这张证已有新的版次" in body(check(certificate, v=1))
    assert "有效，是现行版次" in body(check(certificate, v=2))
    for wrong in ("3", "x", "١"):
        assert check(certificate, v=wrong).status_code == 404


def test_a_certificate_whose_cylinders_are_all_scrapped_is_no_longer_valid(
    world: World, certificate: Certificate
) -> None:
    Cylinder.objects.update(state="scrapped")
    page = body(check(certificate))
    assert ("证下已没有在册气瓶" in page, "使用登记证有效" in page) == (True, False)


def test_an_unknown_certificate_is_a_page_in_words_and_a_flood_is_stopped(
    world: World, settings: object
) -> None:
    made.reference()
    url = reverse("cylinders:public-certificate", args=["ACDEFGHJKMNPQRTWXY34"])
    answer = Client().get(url)
    assert (answer.status_code, "没有这张使用登记证" in body(answer)) == (404, True)
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"public_check": "2/m/ip"}
    assert [Client().get(url).status_code for _ in range(3)] == [404, 404, 429]
