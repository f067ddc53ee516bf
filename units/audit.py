"""Writing the audit trail: one call by hand in every action that changes something."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from config.actor import Actor
from units.models import AuditEntry, AuditOrigin


class Verb(models.TextChoices):
    """What was done; values are `<noun>.<verb>`, labels are what the trail shows."""

    SIGNED_IN = "user.signed_in", "登录"
    SIGN_IN_FAILED = "user.sign_in_failed", "登录失败"
    BUREAU_OPENED = "bureau.opened", "设立监管机构"
    UNIT_OPENED = "unit.opened", "开户"
    ACCOUNT_OPENED = "account.opened", "开通账号"
    PASSWORD_CHANGED = "account.password_changed", "修改密码"
    UNIT_CHANGED = "unit.changed", "修改单位信息"
    STAFF_ADDED = "staff.added", "新增人员"
    STAFF_CHANGED = "staff.changed", "修改人员"
    STAFF_DEREGISTERED = "staff.deregistered", "注销人员"
    EQUIPMENT_ADDED = "equipment.added", "新增设备"
    EQUIPMENT_CHANGED = "equipment.changed", "修改设备"
    EQUIPMENT_STATUS_SET = "equipment.status_set", "变更使用状态"
    OFFICER_ASSIGNED = "equipment.officer_assigned", "绑定安全员"
    OFFICER_RELEASED = "equipment.officer_released", "解除绑定"
    STOP_DECLARED = "equipment.stop_declared", "申报临时停用"
    TASK_WAIVED = "task.waived", "免检"
    INSPECTION_SUBMITTED = "inspection.submitted", "提交巡查"
    HAZARD_FOUND = "hazard.found", "发现隐患"
    HAZARD_ORDERED = "hazard.ordered", "下达整改措施"
    HAZARD_RECTIFIED = "hazard.rectified", "确认完成整改"
    HAZARD_REVIEWED = "hazard.reviewed", "复查通过"
    HAZARD_RETURNED = "hazard.returned", "复查退回"
    HAZARD_OVERDUE = "hazard.overdue", "整改逾期"
    DOCUMENT_ISSUED = "document.issued", "生成记录表单"


def record(
    actor: Actor,
    verb: Verb,
    obj: models.Model | str,
    *,
    now: datetime,
    unit_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one audit row in the running transaction and return it.

    `obj` is a model instance (its `code` or pk and `str()` are copied in) or "type:code" text.
    `before`/`after` hold only what changed, JSON-ready; never phones, id numbers or positions.
    """
    if isinstance(obj, str):
        object_type, _, object_code = obj.partition(":")
        object_name = ""
    else:
        object_type = obj._meta.label_lower
        object_code = str(getattr(obj, "code", obj.pk))
        object_name = str(obj)[:200]
        if unit_id is None:
            unit_id = getattr(obj, "unit_id", None)
    encoder = DjangoJSONEncoder()
    entry = AuditEntry.objects.create(
        at=now,
        unit_id=unit_id if unit_id is not None else actor.unit_id,
        actor_kind=actor.kind,
        actor_code=actor.person_code,
        actor_name=actor.name,
        verb=verb.value,
        object_type=object_type,
        object_code=object_code,
        object_name=object_name,
        before={key: _plain(encoder, value) for key, value in (before or {}).items()},
        after={key: _plain(encoder, value) for key, value in (after or {}).items()},
        request_id=actor.request_id,
    )
    if actor.ip:
        AuditOrigin.objects.create(entry=entry, ip=actor.ip)
    return entry


def _plain(encoder: DjangoJSONEncoder, value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return value
    return encoder.default(value) if not isinstance(value, models.Model) else str(value)
