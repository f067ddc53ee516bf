"""The lock of an application: whoever writes into one takes turns at its row."""

from __future__ import annotations

from config.errors import RuleBroken
from config.workflow import lock
from cylinders.models import Batch


def lock_batch(batch: Batch) -> Batch:
    """The batch's row, locked and as it is now.

    RuleBroken batch_gone when it was a draft that has been discarded meanwhile (two tabs, a double
    click, a ZIP on its way).
    """
    try:
        fresh: Batch = lock(batch)
    except Batch.DoesNotExist as gone:
        raise RuleBroken("batch_gone", "这份草稿刚刚已被删除，没有保存。") from gone
    return fresh
