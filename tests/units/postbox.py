"""The border double of the SMS gateway: keeps what was sent, refuses what it is told to refuse."""

from __future__ import annotations

from units import sms


class Postbox:
    """An adapter for settings.SMS_ADAPTER ("tests.units.postbox.Postbox")."""

    sent: list[tuple[str, str]] = []
    refuses: dict[str, sms.SmsError] = {}

    def send(self, phone: str, text: str) -> None:
        if phone in self.refuses:
            raise self.refuses[phone]
        self.sent.append((phone, text))

    @classmethod
    def empty(cls) -> None:
        cls.sent.clear()
        cls.refuses.clear()
