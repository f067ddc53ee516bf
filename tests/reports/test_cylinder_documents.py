"""Documents of use registration: frozen, revised, in parts; their pages; who may (F82, F87)."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from config.errors import RuleBroken
from cylinders.actions.certify import certify, reprint
from cylinders.enums import BatchState
from cylinders.models import CertificateRevision
from reports import queries_cylinders as queries
from reports import tasks
from reports.actions import cylinders as actions
from reports.actions import paperwork
from reports.documents import cylinder_summary
from reports.documents.frozen import freeze, thaw
from reports.models import IssuedDocument
from tests.factories import certificates as issued
from tests.factories import cylinders as made
from tests.factories import units as people
from tests.reports import pdfs
from tests.world import NOW, World

SignIn = Callable[..., Client]


def body(response: object) -> str:
    return unescape(response.content.decode())


def latest(certificate: object) -> CertificateRevision:
    return certificate.revisions.select_related("batch").order_by("-revision").first()


def table_of(certificate: object) -> queries.Table:
    return queries.table_of_revision(certificate, latest(certificate))


# ------------------------------------------------------------------ what they say
def test_the_form_names_the_cylinders_by_kind_and_every_opinion(world: World) -> None:
    batch = issued.approved(world.jia, 2)
    made.item(batch, kind_id="seamless_steel", medium="氧气")
    document = actions.issue_form(batch, actor=world.actor(world.jia_admin), now=NOW)
    assert document.number.startswith("瓶登-20261120-")
    text = pdfs.text(pdfs.content(document))
    for words in (batch.number, "液化石油气钢瓶", "钢质无缝气瓶", "予以受理", "受理员", "TSG08"):
        assert words in text
    # Phones stay erasable (decision 17).
    assert batch.contact_phone not in text
    assert batch.contact_phone not in str(document.content)


def test_the_form_is_issued_once_and_again_after_another_step(world: World) -> None:
    batch = issued.approved(world.jia)
    admin = world.actor(world.jia_admin)
    first = actions.issue_form(batch, actor=admin, now=NOW)
    assert actions.issue_form(batch, actor=admin, now=NOW) == first
    certify(batch, actor=world.actor(world.regulator), now=NOW)
    batch.refresh_from_db()
    second = actions.issue_form(batch, actor=admin, now=NOW)
    assert (first.revision, second.revision) == (1, 2)
    assert "瓶3渝010300001(26)" in pdfs.text(pdfs.content(second))


def test_a_draft_is_shown_and_not_issued(world: World, as_: SignIn) -> None:
    batch = made.batch(world.jia)
    with pytest.raises(RuleBroken) as broken:
        actions.issue_form(batch, actor=world.actor(world.jia_admin), now=NOW)
    assert broken.value.code == "not_submitted"
    client = as_(world.jia_admin)
    for name in ("reports:cylinder-form", "reports:cylinder-summary"):
        assert "申请还没有提交" in body(client.get(reverse(name, args=[batch.code])))
        assert client.post(reverse(f"{name}-issue", args=[batch.code])).status_code == 409
    assert IssuedDocument.objects.count() == 0


def test_the_certificate_stays_as_issued_whatever_the_unit_is_called_later(
    world: World, as_: SignIn
) -> None:
    certificate = issued.certified(world.jia, 3, by=world.actor(world.regulator))
    admin = world.actor(world.jia_admin)
    document = actions.issue_certificate(certificate, latest(certificate), actor=admin, now=NOW)
    content = pdfs.content(document)
    assert len(pdfs.texts(content)) == 1
    text = pdfs.text(content)
    for words in (certificate.number, "甲物业管理有限公司", "3只", "渝中区市场监督管理局"):
        assert words in text
    world.jia.name = "丁物业管理有限公司"
    world.jia.save()
    again = actions.issue_certificate(certificate, latest(certificate), actor=admin, now=NOW)
    assert (again, pdfs.content(again)) == (document, content)
    page = body(
        as_(world.jia_admin).get(reverse("reports:cylinder-certificate", args=[certificate.code]))
    )
    assert ("甲物业管理有限公司" in page, "丁物业管理有限公司" in page) == (True, False)


def test_a_reprint_has_its_own_document_and_the_old_one_stays(world: World, as_: SignIn) -> None:
    regulator = world.actor(world.regulator)
    certificate = issued.certified(world.jia, by=regulator)
    old = actions.issue_certificate(certificate, latest(certificate), actor=regulator, now=NOW)
    world.jia.name = "丁物业管理有限公司"
    world.jia.save()
    reprint(certificate, reason="使用单位更名", actor=regulator, now=NOW)
    new = actions.issue_certificate(certificate, latest(certificate), actor=regulator, now=NOW)
    assert (old.revision, new.revision) == (1, 2)
    assert "丁物业管理有限公司" in pdfs.text(pdfs.content(new))
    url = reverse("reports:cylinder-certificate", args=[certificate.code])
    client = as_(world.jia_admin)
    earlier = body(client.get(f"{url}?revision=1"))
    assert ("这不是现行版次" in earlier, "甲物业管理有限公司" in earlier) == (True, True)
    assert client.get(f"{url}?revision=3").status_code == 404


def test_the_summary_lists_what_the_batch_added_and_after_a_reprint_everything(
    world: World,
) -> None:
    regulator = world.actor(world.regulator)
    certificate = issued.certified(world.jia, 2, by=regulator)
    issued.certified(world.jia, 3, by=regulator)
    certificate.refresh_from_db()
    table = table_of(certificate)
    assert (table.total, table.revision) == (3, 2)
    part = queries.build_part(table, 1, as_of=NOW)
    number = certificate.number
    assert [row[10] for row in part.rows] == [f"{number}-00000{n}" for n in (3, 4, 5)]
    assert part.rows[0][:3] == ("1", "液化石油气钢瓶", "液化石油气")
    assert part.rows[0][4:10] == ("2024-05", "2.1", "35.5", "3", "—", "2028-05-31")
    reprint(certificate, reason="遗失", actor=regulator, now=NOW)
    assert table_of(certificate).total == 5


def test_a_long_table_is_issued_in_parts_by_the_worker(
    world: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cylinder_summary, "PART", 2)
    monkeypatch.setattr(queries, "PART", 2)
    monkeypatch.setattr(actions, "PART", 2)
    sent: list[tuple] = []
    monkeypatch.setattr(tasks.write_summary, "apply_async", lambda given, **how: sent.append(given))
    certificate = issued.certified(world.jia, 5, by=world.actor(world.regulator))
    client = as_(world.jia_admin)
    with_worker = reverse("reports:certificate-summary-issue", args=[certificate.code])
    answer = client.post(with_worker, {"revision": "1"})
    assert answer.url.endswith("?revision=1&writing=1")
    paperwork.ask_summary(table_of(certificate), actor=world.actor(world.jia_admin))
    given = ("revision", certificate.code, 1, world.jia_admin.pk)
    for done in (1, 2):
        tasks.write_summary(*given)
        assert f"已完成 {done} / 3 部分" in body(client.get(answer.url))
    tasks.write_summary(*given)
    tasks.write_summary(*given)  # a message delivered twice
    assert "3 部分 PDF 已全部生成" in body(client.get(answer.url))
    assert sent == [given, given]
    found = IssuedDocument.objects.filter(kind="cylinder_summary").order_by("subject_code")
    assert [thaw(cylinder_summary.Summary, one.content).last for one in found] == ["2", "4", "5"]
    assert client.get(f"{answer.url}&part=4").status_code == 404


def test_the_application_s_table_has_a_revision_more_when_it_has_changed(world: World) -> None:
    batch = made.batch(world.jia, state=BatchState.SUBMITTED)
    item = made.item(batch)
    made.item(batch)
    admin = world.actor(world.jia_admin)

    def issue() -> IssuedDocument:
        table = queries.table_of_batch(batch, day=NOW.date())
        return actions.issue_part(table, 1, actor=admin, now=NOW)

    first = issue()
    assert issue() == first
    item.removed_at, item.claim = NOW, "released"
    item.save()
    second = issue()
    assert (first.revision, second.revision) == (1, 2)
    assert len(second.content["rows"]) == 1


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "㛃𬭚👍公司", "x" * 120])
def test_odd_names_are_printed_as_they_are(world: World, name: str) -> None:
    batch = made.batch(world.jia, state=BatchState.SUBMITTED, unit_name=name)
    made.item(batch, manufacturer=name, product_no="0001")
    table = queries.table_of_batch(batch, day=NOW.date())
    document = actions.issue_part(table, 1, actor=world.actor(world.jia_admin), now=NOW)
    text = pdfs.text(pdfs.content(document))
    assert name.replace("👍", "〔U+1F44D〕") in text
    assert "0001" in text
    part = thaw(cylinder_summary.Summary, document.content)
    assert thaw(cylinder_summary.Summary, freeze(part)) == part


# ------------------------------------------------------------------ worker, command
def test_the_worker_writes_each_certificate_once_and_the_command_finds_what_it_missed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command

    certificate = issued.certified(world.jia, by=world.actor(world.regulator))
    given = ([latest(certificate).pk], world.regulator.pk)
    call_command("issue_certificates")
    tasks.write_certificates(*given)
    tasks.write_certificates(*given)
    call_command("issue_certificates")
    assert capsys.readouterr().out.split() == [
        "生成使用登记证",
        "1",
        "张。",
        "生成使用登记证",
        "0",
        "张。",
    ]
    document = IssuedDocument.objects.get()
    assert (document.subject_code, document.issued_by) == (certificate.code, world.regulator)


# ------------------------------------------------------------------ who may
def test_strangers_neither_issue_nor_read(world: World, as_: SignIn) -> None:
    regulator = world.actor(world.regulator)
    certificate = issued.certified(world.jia, by=regulator)
    document = actions.issue_certificate(certificate, latest(certificate), actor=regulator, now=NOW)
    file = reverse("units:file", args=[document.file_id])
    page = reverse("reports:cylinder-certificate", args=[certificate.code])
    assert as_(world.jia_admin).get(file).status_code == 200
    for stranger in (world.yi_admin, world.far_regulator):
        assert as_(stranger).get(file).status_code == 404
        assert as_(stranger).get(page).status_code == 404
        with pytest.raises(RuleBroken) as broken:
            actions.issue_part(table_of(certificate), 1, actor=world.actor(stranger), now=NOW)
        assert broken.value.status == 403


def test_the_bureau_that_registered_reads_also_when_the_unit_lives_elsewhere(
    world: World, as_: SignIn
) -> None:
    made.setting("500106")
    far = world.actor(world.far_regulator)
    certificate = issued.certified(world.jia, by=far, region="500106")
    document = actions.issue_certificate(certificate, latest(certificate), actor=far, now=NOW)
    file = reverse("units:file", args=[document.file_id])
    assert as_(world.far_regulator).get(file).status_code == 200
    assert as_(world.regulator).get(file).status_code == 200  # the unit's own district


def test_the_city_reads_and_issues_nothing(world: World, as_: SignIn) -> None:
    city = people.account("bureau", "chongqing", people.bureau("500000", "重庆市市场监督管理局"))
    certificate = issued.certified(world.jia, by=world.actor(world.regulator))
    client = as_(city)
    page = client.get(reverse("reports:cylinder-certificate", args=[certificate.code]))
    assert (page.status_code, "生成 PDF</button>" in body(page)) == (200, False)
    url = reverse("reports:cylinder-certificate-issue", args=[certificate.code])
    assert client.post(url).status_code == 403


def test_the_list_of_documents_shows_them_without_reading_their_rows(
    world: World, as_: SignIn
) -> None:
    batch = issued.approved(world.jia, 2)
    regulator = world.actor(world.regulator)
    actions.issue_form(batch, actor=regulator, now=NOW)
    (revision,) = certify(batch, actor=regulator, now=NOW)
    actions.issue_certificate(revision.certificate, revision, actor=regulator, now=NOW)
    actions.issue_part(table_of(revision.certificate), 1, actor=regulator, now=NOW)
    page = body(as_(world.jia_admin).get(reverse("reports:document-list")))
    for words in ("气瓶使用登记表", "气瓶基本信息汇总表", "特种设备使用登记证", "液化石油气钢瓶"):
        assert words in page
    kind = {"kind": "cylinder_summary"}
    page = body(as_(world.regulator).get(reverse("reports:document-list"), kind))
    assert (page.count("瓶表-"), page.count("瓶证-")) == (1, 0)
