"""The open departments of a unit as a tree in memory: one query, any number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from units.models import Department

MAX_DEPTH = 8


class Tree:
    """Departments by key, None standing for the level above all of them."""

    def __init__(self, departments: Sequence[Department]):
        self._by_key = {one.pk: one for one in departments}
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for one in departments:
            # A department whose parent is not open stands on the top level rather than nowhere.
            parent = one.parent_id if one.parent_id in self._by_key else None
            self._children[parent].append(one.pk)

    @classmethod
    def of(cls, unit_id: int) -> Tree:
        """The tree of a unit's open departments."""
        return cls(list(Department.objects.open().filter(unit_id=unit_id).order_by("id")))

    def __contains__(self, key: int) -> bool:
        return key in self._by_key

    def __len__(self) -> int:
        return len(self._by_key)

    def name(self, key: int | None) -> str:
        """The name of a department, "" for the level above all."""
        return self._by_key[key].name if key in self._by_key else ""

    def children(self, key: int | None) -> list[int]:
        """The keys directly below one."""
        return list(self._children[key])

    def below(self, key: int) -> set[int]:
        """The keys of a department and everything below it."""
        found: set[int] = set()
        waiting = [key]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._children[one]
        return found

    def above(self, key: int) -> list[int]:
        """The keys above a department, the nearest first."""
        found: list[int] = []
        parent = self._by_key[key].parent_id
        while parent in self._by_key and parent not in found:
            found.append(parent)
            parent = self._by_key[parent].parent_id
        return found

    def depth(self, key: int | None) -> int:
        """How many levels lie above and with a department; 0 above all."""
        return 0 if key is None else len(self.above(key)) + 1

    def height(self, key: int) -> int:
        """How many levels a department and what is below it take."""
        return 1 + max((self.height(one) for one in self._children[key]), default=0)

    def walk(self, key: int | None = None, depth: int = 1) -> Iterator[tuple[Department, int]]:
        """Every department with its level, each followed by what is below it."""
        for one in self._children[key]:
            yield self._by_key[one], depth
            yield from self.walk(one, depth + 1)

    def path(self, key: int) -> str:
        """工程部 / 电梯班"""
        return " / ".join(self.name(one) for one in [*reversed(self.above(key)), key])
