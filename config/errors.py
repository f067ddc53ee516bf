"""The one exception by which a rule of the product refuses a change."""

from __future__ import annotations

import copyreg
from typing import Any


class RuleBroken(Exception):
    """A change was refused by a rule; nothing was written.

    In: `code` (stable, snake_case, for tests and logs), `message` (one Chinese sentence for the
    person who asked), and optionally `field`, the form field beside which the sentence belongs.
    `status` is what a page answers when no form shows the sentence: 409 (wrong state) by default.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None, status: int = 409):
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross processes whole: what a worker was refused must reach who waits for it in words."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__
