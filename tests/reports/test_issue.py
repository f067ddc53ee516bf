"""Issuing: once, from frozen content, for good."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, InternalError, connection, transaction

from config.clock import at
from config.errors import RuleBroken
from duties.models import Inspection
from reports import pdf, queries
from reports.actions import issue
from reports.actions.issue import issue_daily_check
from reports.documents.frozen import freeze
from reports.models import IssuedDocument
from tests.factories import reports as made
from tests.threads import begin, done_at_once
from tests.waiting import PATIENCE
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, Rule, StoredFile

APPEND_ONLY = (IntegrityError, InternalError)


def issued(world: World, inspection: Inspection, who: str = "li", now=NOW) -> IssuedDocument:
    return issue_daily_check(inspection, actor=world.actor(getattr(world, who)), now=now)


def test_a_document_is_issued_with_file_number_hash_and_audit_row(world: World) -> None:
    inspection = made.signed(world.lift, world.li)
    document = issued(world, inspection)
    stored = document.file
    with default_storage.open(stored.storage_name) as opened:
        content = opened.read()
    assert content.startswith(b"%PDF-")
    assert document.sha256 == stored.sha256 == hashlib.sha256(content).hexdigest()
    assert document.number == f"日检-20261120-{document.pk:06d}"
    assert (document.kind, document.subject_code, document.revision) == (
        "daily_check", inspection.code, 1,
    )  # fmt: skip
    assert (document.title, document.document_on) == ("每日电梯安全检查记录", TODAY)
    assert (document.issued_at, document.issued_by_id, document.issued_by_name) == (
        NOW, world.li.user_id, "李安",
    )  # fmt: skip
    assert (stored.purpose, stored.content_type, stored.unit_id) == (
        "daily_check", "application/pdf", world.jia.pk,
    )  # fmt: skip
    assert stored.original_name == "每日电梯安全检查记录_1号客梯_20261120.pdf"
    entry = AuditEntry.objects.get(verb="document.issued")
    assert (entry.object_code, entry.actor_name, entry.unit_id) == (
        document.code, "李安", world.jia.pk,
    )  # fmt: skip
    assert entry.after == {
        "number": document.number,
        "kind": "daily_check",
        "subject": inspection.code,
        "revision": 1,
        "sha256": document.sha256,
    }


def test_the_frozen_content_is_the_form_and_its_rules(world: World) -> None:
    inspection = made.signed(world.lift, world.li, said={2: made.fixed()})
    document = issued(world, inspection)
    expected = freeze(queries.build_daily_check(inspection, as_of=NOW, number=document.number))
    assert document.content == expected
    assert document.rules == expected["rules"]
    assert [rule["number"] for rule in document.rules] == [
        "国家市场监督管理总局令第74号", "TSG 08—2026",
    ]  # fmt: skip


def test_asking_again_gives_the_same_document(world: World) -> None:
    inspection = made.signed(world.lift, world.li)
    first = issued(world, inspection)
    again = issued(world, inspection, "jia_admin", NOW + timedelta(days=3))
    assert (again.pk, again.issued_at) == (first.pk, NOW)
    assert IssuedDocument.objects.count() == 1
    assert StoredFile.objects.filter(purpose="daily_check").count() == 1
    assert AuditEntry.objects.filter(verb="document.issued").count() == 1


def test_an_issued_document_is_never_rendered_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspection = made.signed(world.lift, world.li)
    first = issued(world, inspection)
    monkeypatch.setattr(pdf, "render", lambda *args, **kwargs: pytest.fail("rendered again"))
    assert issued(world, inspection).pk == first.pk


def test_later_changes_do_not_reach_an_issued_document(world: World) -> None:
    inspection = made.signed(world.lift, world.li, said={3: made.pending()})
    hazard = made.report(inspection, 3)
    document = issued(world, inspection)
    made.event(hazard, "ordered", world.wang, at(TODAY, 10), "更换门刀")
    Rule.objects.filter(key="tsg-08").update(title="改名")
    again = issued(world, inspection, now=at(TODAY, 12))
    assert again.content == document.content
    assert again.content["opinions"] == []


def test_numbers_follow_each_other_over_units_and_days(world: World) -> None:
    first = issued(world, made.signed(world.lift, world.li))
    second = issued(world, made.signed(world.yi_lift, world.sun), "sun")
    assert second.pk == first.pk + 1
    assert second.number == f"日检-20261120-{first.pk + 1:06d}"


@pytest.mark.parametrize("who", ["sun", "yi_admin", "regulator", "far_regulator"])
def test_only_people_of_the_unit_issue(world: World, who: str) -> None:
    inspection = made.signed(world.lift, world.li)
    with pytest.raises(RuleBroken) as broken:
        issued(world, inspection, who)
    assert (broken.value.code, broken.value.status) == ("not_yours", 403)
    assert IssuedDocument.objects.count() == 0


def test_a_record_that_no_longer_matches_its_digest_is_not_printed(world: World) -> None:
    inspection = made.signed(world.lift, world.li, digest="0" * 64)
    with pytest.raises(RuleBroken) as broken:
        issued(world, inspection)
    assert broken.value.code == "record_damaged"
    assert IssuedDocument.objects.count() == 0


def test_a_document_and_its_content_are_immutable(world: World) -> None:
    kept = IssuedDocument.objects.filter(pk=issued(world, made.signed(world.lift, world.li)).pk)
    with pytest.raises(APPEND_ONLY), transaction.atomic():
        kept.update(content={})
    with pytest.raises(APPEND_ONLY), transaction.atomic():
        kept.delete()
    with pytest.raises(APPEND_ONLY), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reports_issueddocument SET issued_by_name = '别人'")
    assert kept.get().issued_by_name == "李安"


def test_a_second_document_of_the_same_revision_cannot_be_written(world: World) -> None:
    document = issued(world, made.signed(world.lift, world.li))
    document.pk, document.code, document.number = None, "OTHERCODE1", "日检-20261120-999999"
    with pytest.raises(IntegrityError), transaction.atomic():
        document.save(force_insert=True)
    assert IssuedDocument.objects.count() == 1


def test_clicks_at_once_give_one_document(committed_world: World) -> None:
    world = committed_world
    inspection = made.signed(world.lift, world.li, said={2: made.fixed()})
    actors = [world.actor(who) for who in (world.li, world.wang, world.jia_admin, world.li)]
    documents = done_at_once(
        *(
            lambda actor=actor: issue_daily_check(inspection, actor=actor, now=NOW).pk
            for actor in actors
        )
    )
    assert len(set(documents)) == 1
    assert IssuedDocument.objects.count() == 1
    assert AuditEntry.objects.filter(verb="document.issued").count() == 1
    stored = StoredFile.objects.get(purpose="daily_check")
    assert default_storage.listdir("daily_check/2026/11/20")[1] == [
        stored.storage_name.rsplit("/", 1)[1]
    ]


def test_different_records_are_issued_at_once(committed_world: World) -> None:
    world = committed_world
    one, two = made.signed(world.lift, world.li), made.signed(world.crane, world.li)
    actor = world.actor(world.li)
    codes = done_at_once(
        *(lambda i=i: issue_daily_check(i, actor=actor, now=NOW).subject_code for i in (one, two))
    )
    assert codes == [one.code, two.code]


def impatiently(call: Callable[[], object]) -> None:
    """Call as a page does, in one transaction, with a lock time-out of 200 ms."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        call()


def test_whoever_waits_too_long_is_told_so(committed_world: World) -> None:
    """The page's lock time-out, while another connection holds the subject."""
    world = committed_world
    inspection = made.signed(world.lift, world.li)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            issue.lock("daily_check", inspection.code)
            held.set()
            assert done.wait(20)

    holder = begin(hold)
    try:
        assert held.wait(PATIENCE)
        with pytest.raises(RuleBroken) as broken:
            impatiently(lambda: issued(world, inspection))
    finally:
        done.set()
        holder.result(20)
    assert (broken.value.code, broken.value.message) == (
        "issue_in_progress", "该记录表单正在生成，请稍后刷新页面查看。",
    )  # fmt: skip
    assert issued(world, inspection).subject_code == inspection.code
