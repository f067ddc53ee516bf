"""Refusals of rules as exceptions."""

from __future__ import annotations

import pickle

from config.errors import RuleBroken
from duties.actions.together import SomeRefused


def test_a_refusal_crosses_processes_in_its_words() -> None:
    sent = RuleBroken("task_done", "该待办已完成。", field="task", status=403)
    told = pickle.loads(pickle.dumps(sent))  # noqa: S301  our own
    assert (type(told), str(told), vars(told)) == (RuleBroken, "该待办已完成。", vars(sent))
    several = SomeRefused({7: "已完成"}, ["1号客梯"])
    told = pickle.loads(pickle.dumps(several))  # noqa: S301  our own
    assert (type(told), str(told), vars(told)) == (SomeRefused, str(several), vars(several))
