"""The outbox: messages written with the change they tell of, delivered after commit (B125)."""

from django.db import models
from django.db.models import Q

from units.models.person import User
from units.models.unit import Unit


class OutboxMessage(models.Model):
    """One message to one person on one channel; written by actions, drained by the worker.

    `dedupe_key` makes a message that a repeated action or sweep writes again a no-op.
    """

    class Channel(models.TextChoices):
        SMS = "sms", "短信"
        IN_APP = "in_app", "站内消息"

    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    recipient = models.ForeignKey(User, models.PROTECT, related_name="messages")
    text = models.CharField("内容", max_length=500)
    link = models.CharField("链接", max_length=200, blank=True)
    dedupe_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField("产生时间")
    due_at = models.DateTimeField("应送达时间")
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField("送达时间", null=True)
    given_up_at = models.DateTimeField("放弃时间", null=True)
    # Only of messages inside the product: when the recipient opened it.
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        verbose_name = "待发消息"
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(delivered_at=None, given_up_at=None),
                name="outbox_waiting",
            ),
            models.Index(
                fields=["recipient", "-id"],
                condition=Q(channel="in_app"),
                name="message_of_recipient",
            ),
            models.Index(
                fields=["recipient"],
                condition=Q(channel="in_app", read_at=None),
                name="message_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.text
