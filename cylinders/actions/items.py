"""The cylinders of an application: taken in from a workbook, changed one by one, removed (F77, F79).

Whoever writes holds the lock of the application's row, so a file and a form, or two tabs with the
same file, take turns, and what was submitted meanwhile is not touched any more. That a cylinder and
a label stand once is looked up first, for the words; the unique constraints of BatchItem decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import new_codes
from config.copying import copy_rows, next_ids
from config.errors import RuleBroken
from config.excel.columns import Problem
from config.excel.kinds import Context
from cylinders import fact_rules, twins
from cylinders.actions.batches import STALE, lock_editable
from cylinders.actions.locking import lock_batch
from cylinders.enums import EDITABLE, Claim
from cylinders.fact_rules import Asked, Wrong
from cylinders.identity import identity_of
from cylinders.imports.columns import columns_of
from cylinders.models import Batch, BatchItem, ItemPhoto
from cylinders.models.facts import FACTS
from cylinders.rules import Book
from units.audit import Verb, record, record_many

TABLE = BatchItem._meta.db_table
_COLUMNS = (
    "id",
    "code",
    "batch_id",
    "unit_id",
    "number",
    "claim",
    "removed_reason",
    "version",
    "created_at",
    *FACTS,
)
# How a column of the staging table is cast; the others are text.
_CASTS = {
    "made_on": "date",
    "last_inspected_on": "date",
    "next_inspection_on": "date",
    "nominal_pressure": "numeric",
    "test_pressure": "numeric",
    "volume": "numeric",
    "wall_thickness": "numeric",
    "tare": "numeric",
    "life_years": "smallint",
}
_STAGE = (
    "CREATE TEMP TABLE import_cylinders (id bigint, "
    + ", ".join(f"{name} {_CASTS.get(name, 'text')}" for name in FACTS)
    + ") ON COMMIT DROP"
)
_UPDATE = f"""
    UPDATE {TABLE} i SET version = i.version + 1, {", ".join(f"{n} = s.{n}" for n in FACTS)}
      FROM import_cylinders s WHERE s.id = i.id
"""
# New cylinders from which the planner is told of them.
MANY = 1_000
CLOSED = "这份申请的状态为“{}”，不能再导入气瓶。"
TAKEN = "这只气瓶或它的二维码刚刚被另一份申请占用，没有保存，请核对后重试。"


# ------------------------------------------------------------------ for the import
def open_for_import(context: Context) -> Batch:
    """The application that a file was uploaded to, locked when the context writes.

    RuleBroken: batch_gone (discarded, or another unit's), batch_closed (submitted meanwhile), in
    words and beside the file.
    """
    own = Batch.objects.for_actor(context.actor).select_related("region")
    batch = own.filter(code=context.target).first() if context.target else None
    if batch is not None and context.is_writing:
        lock_batch(batch)
        batch = own.filter(code=context.target).first()
    if batch is None:
        raise RuleBroken("batch_gone", "这份申请已经删除，不能导入气瓶。", field="file")
    if batch.state not in EDITABLE:
        sentence = CLOSED.format(batch.get_state_display())
        raise RuleBroken("batch_closed", sentence, field="file")
    return batch


def facts_of(batch: Batch) -> list[dict[str, Any]]:
    """The standing cylinders of a batch as plain values: pk, version, number and FACTS."""
    return list(batch.items.standing().order_by("pk").values("pk", "version", "number", *FACTS))


@transaction.atomic
def take_in(
    batch: Batch,
    rows: Sequence[Sequence[Any]],
    *,
    changes: Mapping[int, Sequence[Any]] | None = None,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Write new cylinders and changed ones of an application in sets; return the new keys.

    `rows` are judged facts in the order of FACTS, `changes` the same by primary key. Everything
    new is a draft until the (next) submission. After the first submission every changed cylinder
    has its audit row. Raises RuleBroken of `lock_editable`, IntegrityError for a twin.
    """
    changes = changes or {}
    fresh = lock_editable(batch, actor)
    ids = _create(fresh, rows, now=now)
    if changes:
        _change(fresh, changes, actor=actor, now=now)
    after = {"create": len(ids), "change": len(changes)}
    record(actor, Verb.BATCH_ITEMS_TAKEN, fresh, now=now, after=after)
    return ids


def _create(batch: Batch, rows: Sequence[Sequence[Any]], *, now: datetime) -> list[int]:
    if not rows:
        return []
    last = batch.items.order_by("-number").values_list("number", flat=True).first() or 0
    ids, codes, stamp = next_ids(TABLE, len(rows)), new_codes(len(rows)), now.isoformat()
    shared = (batch.pk, batch.unit_id)
    copy_rows(
        TABLE,
        _COLUMNS,
        (
            (pk, code, *shared, number, Claim.DRAFT.value, "", 1, stamp, *facts)
            for number, (pk, code, facts) in enumerate(zip(ids, codes, rows, strict=True), last + 1)
        ),
    )
    if len(rows) > MANY:  # the pages that follow count them; guesses would cost seconds
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {TABLE}")
    return ids


def _change(
    batch: Batch, changes: Mapping[int, Sequence[Any]], *, actor: Actor, now: datetime
) -> None:
    if batch.round:
        present = {item.pk: item for item in batch.items.filter(pk__in=changes)}
        record_many(
            actor,
            Verb.BATCH_ITEM_CHANGED,
            [
                (present[pk], *_difference(present[pk], dict(zip(FACTS, facts, strict=True))))
                for pk, facts in changes.items()
            ],
            now=now,
        )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_cylinders")
        cursor.execute(_STAGE)
    copy_rows("import_cylinders", ("id", *FACTS), ((pk, *facts) for pk, facts in changes.items()))
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE)


def _difference(item: BatchItem, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a cylinder was and what it becomes, of the facts that differ."""
    differing = [name for name, value in facts.items() if getattr(item, name) != value]
    before = {name: getattr(item, name) for name in differing}
    return before, {name: facts[name] for name in differing}


# ------------------------------------------------------------------ one cylinder
def judge_changes(
    item: BatchItem, changes: Mapping[str, Any], *, day: date
) -> tuple[dict[str, Any], list[Wrong]]:
    """The facts of a cylinder with changes as typed, and everything that is wrong with them.

    `changes` maps column names (cylinders.imports.columns) to what was typed; what is not named
    stays. Cells and rules are those of the workbook; where else the cylinder stands is looked up.
    """
    book = Book.on(day)
    columns = {one.name: one for one in columns_of(book, item.batch.origin)}
    if unknown := set(changes) - set(columns):
        raise ValueError(f"not facts of a cylinder: {', '.join(sorted(unknown))}")
    facts = {name: getattr(item, name) for name in columns if name != "kind"}
    facts["kind"] = book.kinds.get(item.kind_id)
    wrongs = []
    for name, typed in changes.items():
        value = columns[name].clean(typed)
        if isinstance(value, Problem):
            wrongs.append(Wrong(name, value.text, value.code))
            value = columns[name].empty
        facts[name] = value
    judged = fact_rules.judge(
        Asked(*(facts[name] for name in Asked._fields)),
        book=book,
        origin=item.batch.origin,
        day=day,
    )
    said = {wrong.name for wrong in wrongs}
    more = fact_rules.vehicle_wrongs(facts["kind"], facts["plate"], facts["vin"])
    wrongs += [
        wrong for wrong in (*judged.wrongs, *more) if said.isdisjoint((wrong.name, *wrong.besides))
    ]
    facts |= {"nature": judged.nature, "life_years": judged.life_years}
    facts["next_inspection_on"] = judged.next_inspection_on
    kind = facts.pop("kind")
    facts["kind_id"] = kind.code if kind is not None else item.kind_id
    facts["identity"] = ""
    if facts["manufacturer"] and facts["product_no"] and facts["made_on"]:
        facts["identity"] = identity_of(
            facts["manufacturer"], facts["product_no"], facts["made_on"]
        )
        wrongs += _elsewhere(item, facts)
    return facts, wrongs


def _elsewhere(item: BatchItem, facts: Mapping[str, Any]) -> list[Wrong]:
    identity, label = facts["identity"], facts["qr_url"]
    met = twins.meet([identity], [label], unit_id=item.unit_id, batch_id=item.batch_id)
    wrongs = []
    if identity in met:
        wrongs.append(Wrong("product_no", met[identity], "twin"))
    if label in met:
        wrongs.append(Wrong("qr_url", met[label], "label_twin"))
    others = item.batch.items.standing().exclude(pk=item.pk).order_by("number")
    if identity != item.identity and (other := others.filter(identity=identity).first()):
        text = f"本申请序号 {other.number} 已是同一只气瓶（制造单位、产品编号、制造年月相同）"
        wrongs.append(Wrong("product_no", text, "twin"))
    if label != item.qr_url and (other := others.filter(qr_url=label).first()):
        text = f"已用于本申请序号 {other.number} 的气瓶 {other.product_no}"
        wrongs.append(Wrong("qr_url", text, "label_taken"))
    return wrongs


@transaction.atomic
def change_item(
    item: BatchItem, *, version: int, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> BatchItem:
    """Change facts of one cylinder of a draft or of a batch to be corrected; return it.

    `changes` are typed texts by column name, judged as a row of the workbook. Raises RuleBroken:
    stale (somebody saved meanwhile), the code of the first wrong fact (with its field), item_gone
    (removed), not_editable, not_yours (403). Without a difference nothing is written.
    """
    batch = lock_editable(item.batch, actor)
    fresh = BatchItem.objects.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
    fresh.batch = batch
    if fresh.removed_at is not None:
        raise RuleBroken("item_gone", "这只气瓶已经移出这份申请，不能再修改。")
    if fresh.version != version:
        raise RuleBroken("stale", STALE.replace("这份申请", "这只气瓶"))
    facts, wrongs = judge_changes(fresh, changes, day=local_day(now))
    if wrongs:
        first = wrongs[0]
        label = _label(first.name)
        raise RuleBroken(first.code, f"{label}：{first.text}。", field=first.name)
    before, after = _difference(fresh, facts)
    if not after:
        return fresh
    for name, value in after.items():
        setattr(fresh, name, value)
    fresh.version += 1
    try:
        with transaction.atomic():
            fresh.save(update_fields=[*after, "version"])
    except IntegrityError as error:
        raise RuleBroken("twin", TAKEN, field="product_no") from error
    record(actor, Verb.BATCH_ITEM_CHANGED, fresh, now=now, before=before, after=after)
    return fresh


def _label(name: str) -> str:
    return str(BatchItem._meta.get_field(name).verbose_name)


# ------------------------------------------------------------------ out of the batch
@transaction.atomic
def remove_items(
    batch: Batch, codes: Iterable[str], *, reason: str, actor: Actor, now: datetime
) -> int:
    """Take cylinders out of a batch that may still be changed; return how many (移出).

    Their rows stay with the reason, their claims and photographs are free again. Codes that are
    gone already are passed over, so a second click removes nothing more. Raises RuleBroken:
    reason_missing, nothing_ticked, and those of `lock_editable`.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise RuleBroken("reason_missing", "请填写移出原因。", field="reason")
    if len(reason) > 500:
        raise RuleBroken("reason_long", "移出原因最多 500 个字。", field="reason")
    fresh = lock_editable(batch, actor)
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        raise RuleBroken("nothing_ticked", "请先勾选要移出的气瓶。")
    items = list(fresh.items.standing().filter(code__in=wanted).order_by("number"))
    keys = [item.pk for item in items]
    ItemPhoto.objects.filter(item__in=keys, is_live=True).update(is_live=False)
    BatchItem.objects.filter(pk__in=keys).update(
        claim=Claim.RELEASED, removed_at=now, removed_reason=reason
    )
    after = {"reason": reason, "batch": str(fresh)}
    record_many(actor, Verb.BATCH_ITEM_REMOVED, [(item, None, after) for item in items], now=now)
    return len(items)
