"""联系客服: a question with page, role and request id, and its answer (F24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from config.codes import new_code
from units.models.person import User
from units.models.unit import Unit

if TYPE_CHECKING:
    from config.actor import Actor


class TicketQuerySet(models.QuerySet["Ticket"]):
    def for_actor(self, actor: Actor) -> TicketQuerySet:
        """The platform answers all; everybody else sees what they asked themselves."""
        if actor.kind == "platform":
            return self
        if actor.user_id is None:
            return self.none()
        return self.filter(user_id=actor.user_id)


class Ticket(models.Model):
    """One question of a signed-in person or account; answered by the platform."""

    code = models.CharField("编号", max_length=12, unique=True, default=new_code)
    user = models.ForeignKey(User, models.PROTECT, related_name="tickets")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    asked_by_name = models.CharField("提问人", max_length=120)
    role_label = models.CharField("身份", max_length=120, blank=True)
    page = models.CharField("所在页面", max_length=300, blank=True)
    request_id = models.CharField("请求编号", max_length=40, blank=True)
    browser = models.CharField("浏览器", max_length=200, blank=True)
    text = models.TextField("问题描述", max_length=1000)
    contact = models.CharField("联系方式", max_length=40, blank=True)
    asked_at = models.DateTimeField("提问时间")
    answer = models.TextField("答复", max_length=2000, blank=True)
    answered_by_name = models.CharField("答复人", max_length=120, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = "客服工单"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="")
                | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="ticket_answer_has_words",
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(answered_at=None), name="ticket_waiting")
        ]

    def __str__(self) -> str:
        return self.code
