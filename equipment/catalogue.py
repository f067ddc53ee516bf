"""Reading the special-equipment catalogue: what may be archived, the picker, and why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from config.codes import normalise
from config.errors import RuleBroken
from equipment.enums import Category
from equipment.models import CatalogueEntry

NO_DUTY = "压力管道元件、安全附件不单独建档，请选择它所属的设备。"


@dataclass(frozen=True)
class PickerEntry:
    """One line of the picker page; `refusal` says why it cannot be archived ("" = it can)."""

    entry: CatalogueEntry
    depth: int
    refusal: str


@dataclass(frozen=True)
class PickerGroup:
    """Lines of one duty category; "" heads what owes no duty."""

    category: str
    label: str
    entries: list[PickerEntry]


def _in_force(day: date):
    children = CatalogueEntry.objects.filter(parent=OuterRef("pk"))
    return CatalogueEntry.objects.filter(period__contains=day).annotate(
        has_children=Exists(children)
    )


def archivable(day: date):
    """Entries that a machine may be archived under on a day: varieties that owe duties."""
    return _in_force(day).filter(has_children=False).exclude(duty_category="").order_by("code")


def get_archivable(code: str, *, day: date) -> CatalogueEntry:
    """Return the entry of a code.

    Raises RuleBroken on field `catalogue`, saying why this code cannot be archived.
    """
    return _archivable_or_refused(_in_force(day).filter(pk=code).first())


def _archivable_or_refused(entry: CatalogueEntry | None) -> CatalogueEntry:
    if entry is None:
        raise RuleBroken(
            "catalogue_unknown", "设备目录中没有这个代码，请重新选择。", field="catalogue"
        )
    if sentence := _refusal(entry):
        raise RuleBroken("catalogue_not_archived", sentence, field="catalogue")
    return entry


class Register:
    """The whole catalogue of a day in memory, for imports: one query, the rules of the form."""

    def __init__(self, day: date) -> None:
        self._entries = {entry.code: entry for entry in _in_force(day).order_by("code")}
        self._named: dict[str, list[CatalogueEntry]] = {}
        for entry in self._entries.values():
            self._named.setdefault(entry.name, []).append(entry)

    def by_code(self, code: str) -> CatalogueEntry:
        """Like get_archivable."""
        return _archivable_or_refused(self._entries.get(code.upper()))

    def by_name(self, name: str) -> CatalogueEntry:
        """The entry of a name; RuleBroken when it is unknown, not archived, or not the only one."""
        found = self._named.get(name, [])
        varieties = [entry for entry in found if not _refusal(entry)]
        if len(varieties) > 1:
            codes = "、".join(entry.code for entry in varieties)
            raise RuleBroken(
                "catalogue_ambiguous",
                f"“{name}”对应多个品种代码（{codes}），请填写设备品种代码。",
                field="catalogue",
            )
        if not found:
            raise RuleBroken(
                "catalogue_unknown",
                f"设备目录中没有“{name[:30]}”，请从下拉列表中选择。",
                field="catalogue",
            )
        return _archivable_or_refused((varieties or found)[0])

    def archivable(self) -> list[CatalogueEntry]:
        """What may be archived, by code."""
        return [entry for entry in self._entries.values() if not _refusal(entry)]


def _refusal(entry: CatalogueEntry) -> str:
    if not entry.duty_category:
        return f"“{entry.name}”不能建档：{NO_DUTY}"
    if entry.has_children:
        return f"“{entry.name}”还有下级品种，请选择到具体品种。"
    return ""


def grouped_choices(day: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """Option groups of a select: one per duty category, each of (code, "3110 曳引驱动乘客电梯")."""
    groups: dict[str, list[tuple[str, str]]] = {category: [] for category in Category.values}
    for entry in archivable(day):
        groups[entry.duty_category].append((entry.code, f"{entry.code} {entry.name}"))
    return [(str(Category(key).label), entries) for key, entries in groups.items() if entries]


def search(text: str, *, day: date) -> list[PickerGroup]:
    """The whole catalogue, or the entries whose code or name holds `text`, by duty category.

    Entries that cannot be archived are listed too, with the reason, so that somebody who looks
    for a safety valve learns why it is not offered.
    """
    entries = _in_force(day)
    if wanted := normalise(text).upper():
        letters = ".*".join(re.escape(letter) for letter in wanted)  # 客梯 finds 乘客电梯
        entries = entries.filter(Q(code__startswith=wanted) | Q(name__iregex=letters))
    by_category: dict[str, list[PickerEntry]] = {}
    for entry in entries.select_related("parent").order_by("code"):
        depth = 0 if entry.parent is None else 1 if entry.parent.parent_id is None else 2
        line = PickerEntry(entry, depth, _refusal(entry))
        by_category.setdefault(entry.duty_category, []).append(line)
    labels = [*Category.choices, ("", "不单独建档")]
    return [
        PickerGroup(key, str(label), by_category[key])
        for key, label in labels
        if key in by_category
    ]
