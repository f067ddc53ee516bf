"""Issuing letters of appointment: one revision for every state of an identity (F20)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from reports import queries_appointment as queries
from reports.actions.issue import Issue, keep, lock, next_serial, number_of
from reports.documents.appointment import Letter, subject_of
from reports.documents.frozen import freeze, thaw
from reports.models import DocumentKind, IssuedDocument
from units.models import Staff
from units.roles import Can, Role

KIND = DocumentKind.APPOINTMENT


def issue_appointment_letter(
    staff: Staff, *, role: str, actor: Actor, now: datetime
) -> IssuedDocument:
    """Issue the letter of one identity in force and return the document.

    Repeatable and safe when clicked twice at once: a lock on the identity lets one request through;
    whoever holds it looks first, and a letter that says the same already is returned as it is. When
    scope, machines or name have changed since, the next revision is written; old ones stay.
    RuleBroken: not_yours (403), no_identity, issue_in_progress, pdf_unavailable, pdf_failed.
    """
    if not actor.can(Can.STAFF_MANAGE) or actor.unit_id != staff.unit_id:
        raise RuleBroken("not_yours", "只有本单位管理员可以生成任命书。", status=403)
    with transaction.atomic():
        lock(KIND, subject_of(staff.code, role))
        posts = queries.posts_in_force(staff, on=local_day(now)) if not staff.ended_on else []
        post = next((one for one in posts if one.role == role), None)
        if post is None:
            raise RuleBroken("no_identity", f"{staff.name}现在没有这个身份，不能生成任命书。")
        issued = queries.letters_of(staff, role)
        revision = issued[0].revision + 1 if issued else 1
        wanted = queries.build_letter(post, staff, as_of=now, revision=revision)
        if issued and queries.letter_of(issued[0]).basis == wanted.basis:
            return issued[0]
        serial = next_serial()
        number = number_of(KIND, wanted.document_on, serial)
        letter = queries.build_letter(post, staff, as_of=now, revision=revision, number=number)
        content = freeze(letter)
        return keep(
            Issue(
                kind=KIND,
                serial=serial,
                unit_id=staff.unit_id,
                subject_code=letter.subject_code,
                document_on=letter.document_on,
                file_name=file_name(letter),
                revision=revision,
            ),
            thaw(Letter, content),
            content,
            actor=actor,
            now=now,
        )


def file_name(letter: Letter) -> str:
    """任命书_李安_安全员_第1版.pdf"""
    person = letter.person_name.replace("/", "-").replace("\\", "-")
    return f"{letter.title}_{person}_{Role(letter.role).label}_第{letter.revision}版.pdf"
