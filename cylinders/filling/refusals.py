"""Why a whole request is not taken: a stable code, a sentence, the status it is answered with."""

from __future__ import annotations

from config.errors import RuleBroken


class Refused(RuleBroken):
    """A request of a station was refused before any record of it was looked at.

    `shows_time` answers with the server's clock as well, for a station whose own one is wrong.
    """

    def __init__(self, status: int, code: str, message: str, *, shows_time: bool = False):
        super().__init__(code, message, status=status)
        self.shows_time = shows_time
