"""Answers in plain Python: shape, three-way merge, completeness, the frozen document."""

from __future__ import annotations

import pytest

from duties.answers import (
    CONFLICT,
    KEPT,
    ROUND_KEY,
    STALE,
    TAKEN,
    UNCHANGED,
    Base,
    Change,
    Sheet,
    base_of,
    carry_over,
    clean,
    digest_of,
    document,
    in_words,
    merge,
    missing,
    numbers_in_words,
    state_of,
    values_of,
)

BLANK = dict.fromkeys(("result", "handling", "handling_result", "note", "no_photo_reason"), "")
PASS = {**BLANK, "result": "pass"}
FAIL = {**BLANK, "result": "fail", "handling": "pending", "no_photo_reason": "防爆区"}
ABSENT = {**BLANK, "result": "not_applicable"}


def stored(values: dict, rev: int, tab: str = "", seq: int = 0) -> dict:
    return {**values, "rev": rev, "tab": tab, "seq": seq, "at": "2026-11-20T09:00:00+08:00"}


def base(values: dict, rev: int) -> Base:
    return Base(rev, digest_of(values))


MERGES = {
    "first answer to an untouched item": (None, PASS, base(BLANK, 0), "", 0, TAKEN),
    "the same request twice": (stored(PASS, 1, "a", 1), PASS, base(BLANK, 0), "a", 1, UNCHANGED),
    "both tabs say the same": (stored(PASS, 4), PASS, base(BLANK, 0), "b", 1, UNCHANGED),
    "changed by the only tab": (stored(PASS, 3), FAIL, base(PASS, 3), "a", 2, TAKEN),
    "stale tab that changed nothing here": (
        stored(FAIL, 5, "b", 1), BLANK, base(BLANK, 0), "a", 9, KEPT,
    ),
    "stale tab that shows an older answer": (
        stored(FAIL, 5, "b", 1), PASS, base(PASS, 2), "a", 9, KEPT,
    ),
    "both changed it differently": (
        stored(FAIL, 5, "b", 1), ABSENT, base(PASS, 2), "a", 9, CONFLICT,
    ),
    "both answered an untouched item differently": (
        stored(FAIL, 5, "b", 1), PASS, base(BLANK, 0), "a", 9, CONFLICT,
    ),
    "own save whose receipt was lost, then changed": (
        stored(PASS, 5, "a", 3), FAIL, base(BLANK, 0), "a", 4, TAKEN,
    ),
    "own older save that arrives late": (
        stored(FAIL, 6, "a", 4), PASS, base(BLANK, 0), "a", 3, STALE,
    ),
    "the same page sends one save number twice": (
        stored(FAIL, 6, "a", 4), PASS, base(BLANK, 0), "a", 4, STALE,
    ),
    "taken back to unanswered": (stored(PASS, 3), BLANK, base(PASS, 3), "a", 2, TAKEN),
    "without a page, for whatever stands there": (stored(PASS, 3, "b", 7), FAIL, None, "", 0, TAKEN),
    "long form, whose page has no name": (stored(FAIL, 5, "", 0), PASS, base(BLANK, 0), "", 0, CONFLICT),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGES)
def test_merge(name: str) -> None:
    current, mine, seen, tab, seq, expected = MERGES[name]
    assert merge("U-LIFT-D-01", current, Change(mine, seen, tab, seq)) == expected


def test_bases_survive_the_page() -> None:
    seen = base_of("k", stored(PASS, 12))
    assert Base.parse(str(seen)) == seen
    assert seen == base(PASS, 12)


@pytest.mark.parametrize("text", ["", "x", "-1:ab", "1e9:ab", "９９９9999999999:ab", ":ab"])
def test_a_forged_base_is_one_that_saw_nothing(text: str) -> None:
    assert Base.parse(text) == Base(0, "")


def test_step_zero_merges_like_an_item() -> None:
    in_use = {"round_status": "in_use", "stop_reason": "", "backfill_reason": ""}
    stopped = {"round_status": "stopped", "stop_reason": "检修", "backfill_reason": ""}
    change = Change(stopped, base(dict.fromkeys(in_use, ""), 0), "a", 1)
    assert merge(ROUND_KEY, None, change) == TAKEN
    assert merge(ROUND_KEY, stored(in_use, 2, "b", 1), change) == CONFLICT


def test_clean_normalises_and_keeps_what_is_wrong() -> None:
    values, errors = clean("k", {"result": "pass", "note": " ３号门\r\n有异响 ", "handling": None})
    assert values == {**PASS, "note": "3号门\n有异响"}
    assert errors == {}
    values, errors = clean("k", {"result": "good", "note": "长" * 501})
    assert values["result"] == ""
    assert values["note"] == "长" * 501
    assert errors == {
        "result": "检查结果的选项不存在，请重新选择。",
        "note": "备注最多 500 个字，现在是 501 个字。",
    }


def test_rare_characters_and_markup_stay_text() -> None:
    values, errors = clean("k", {"note": "㛃𬭚<script>alert(1)</script>"})
    assert (values["note"], errors) == ("㛃𬭚<script>alert(1)</script>", {})


ITEMS = [{"key": f"k{n}", "number": n, "item": f"项目{n}", "hazard": f"隐患{n}"} for n in (1, 2, 3)]


def texts(sheet: Sheet) -> list[tuple[int, str, str]]:
    return [(p.number, p.field, p.text) for p in missing(sheet)]


def test_everything_missing_is_named_at_once() -> None:
    sheet = Sheet(ITEMS, {"k2": {**BLANK, "result": "fail"}}, needs_backfill_reason=True)
    assert texts(sheet) == [
        (0, "backfill_reason", "请填写补录原因。"),
        (0, "round_status", "请选择使用状态。"),
        (1, "result", "还没有选择检查结果。"),
        (2, "photo", "不合格的项目请拍照，不能拍照的请说明原因。"),
        (2, "handling", "请选择立即处理或待处理。"),
        (3, "result", "还没有选择检查结果。"),
    ]
    assert numbers_in_words(missing(sheet)) == "使用状态和第 1、2、3 项"
    assert missing(sheet)[2].anchor == "q-1"


@pytest.mark.parametrize(
    ("answer", "photos", "fields"),
    [
        (PASS, 0, []),
        (ABSENT, 0, []),
        (FAIL, 0, []),
        ({**FAIL, "no_photo_reason": ""}, 1, []),
        ({**FAIL, "no_photo_reason": ""}, 0, ["photo"]),
        ({**FAIL, "handling": ""}, 0, ["handling"]),
        ({**FAIL, "handling": "immediate"}, 0, ["handling_result"]),
        ({**FAIL, "handling": "immediate", "handling_result": "已换"}, 0, []),
        ({**PASS, "handling": "immediate"}, 0, []),
        (BLANK, 3, ["result"]),
    ],
)
def test_one_item(answer: dict, photos: int, fields: list[str]) -> None:
    sheet = Sheet(ITEMS[:1], {"k1": answer}, {"k1": photos}, round_status="in_use")
    assert [problem.field for problem in missing(sheet)] == fields
    expected = "todo" if fields else "fail" if answer["result"] == "fail" else "done"
    assert state_of(answer, photos) == expected


def test_stopped_needs_a_reason_and_no_items() -> None:
    assert texts(Sheet(ITEMS, round_status="stopped")) == [
        (0, "stop_reason", "选择停用时，请填写停用原因。")
    ]
    done = Sheet(ITEMS, round_status="stopped", stop_reason="维保停梯")
    assert missing(done) == []
    assert document(done, {}) == []


def test_the_document_keeps_only_what_the_result_asks_for() -> None:
    answers = {
        "k1": stored({**PASS, "handling": "immediate", "no_photo_reason": "旧", "note": "好"}, 1),
        "k2": stored({**FAIL, "handling_result": "改成待处理前写的"}, 2),
        "k3": stored(ABSENT, 3),
    }
    made = document(
        Sheet(ITEMS, answers, {"k1": 1, "k2": 1}, round_status="in_use"),
        {"k1": ["p1"], "k2": ["p2"]},
    )
    at = "2026-11-20T09:00:00+08:00"
    empty = {**BLANK, "at": at, "photos": []}
    assert made == [
        {**empty, "key": "k1", "number": 1, "result": "pass", "note": "好"},
        {
            **empty,
            "key": "k2",
            "number": 2,
            "result": "fail",
            "handling": "pending",
            "no_photo_reason": "防爆区",
            "photos": ["p2"],
        },
        {**empty, "key": "k3", "number": 3, "result": "not_applicable"},
    ]


def test_an_incomplete_or_forged_sheet_is_never_frozen() -> None:
    with pytest.raises(ValueError, match="incomplete"):
        document(Sheet(ITEMS, {}, round_status="in_use"), {})
    forged = {"k1": {**PASS, "result": "excellent"}}
    with pytest.raises(ValueError, match="k1"):
        document(Sheet(ITEMS[:1], forged, round_status="in_use"), {})


def test_answers_move_to_a_changed_list_by_key() -> None:
    after = [
        ITEMS[0],
        {**ITEMS[1], "number": 2, "item": "项目2（加严）"},
        {"key": "k9", "number": 3, "item": "新", "hazard": "新"},
    ]
    answers = {"k1": stored(PASS, 1), "k2": stored(FAIL, 2), "k3": stored(PASS, 3)}
    assert carry_over(answers, ITEMS, after) == {
        "k1": stored(PASS, 1),
        "k2": stored({**FAIL, "result": ""}, 2),
    }


def test_answers_read_as_one_line() -> None:
    assert in_words("k", BLANK) == "未填写"
    assert in_words("k", PASS) == "合格"
    assert (
        in_words("k", {**PASS, "handling": "pending", "note": "略有异响"}) == "合格；备注：略有异响"
    )
    at_once = {**FAIL, "handling": "immediate", "handling_result": "已换"}
    assert in_words("k", at_once) == "不合格；立即处理；处理结果：已换；无法拍照的原因：防爆区"
    stopped = {"round_status": "stopped", "stop_reason": "检修", "backfill_reason": ""}
    assert in_words(ROUND_KEY, stopped) == "停用；停用原因：检修"


def test_values_of_nothing_are_blank() -> None:
    assert values_of("k", None) == BLANK
    assert values_of("k", {"result": None}) == BLANK
