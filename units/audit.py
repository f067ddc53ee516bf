"""Writing the audit trail: one call by hand in every action that changes something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    DEPARTMENT_ADDED = "department.added", "新增部门"
    DEPARTMENT_CHANGED = "department.changed", "修改部门"
    DEPARTMENT_CLOSED = "department.closed", "撤销部门"
    POSITION_ADDED = "position.added", "新增岗位"
    POSITION_CHANGED = "position.changed", "修改岗位"
    POSITION_CLOSED = "position.closed", "撤销岗位"
    REGULATION_ADDED = "regulation.added", "新增管理制度"
    REGULATION_CHANGED = "regulation.changed", "修改管理制度"
    REGULATION_REPLACED = "regulation.replaced", "更新管理制度"
    REGULATION_CLOSED = "regulation.closed", "废止管理制度"
    CERTIFICATE_ADDED = "certificate.added", "新增证书"
    CERTIFICATE_CHANGED = "certificate.changed", "修改证书"
    CERTIFICATE_CLOSED = "certificate.closed", "注销证书"
    LEAVE_REQUESTED = "leave.requested", "申请离职"
    LEAVE_GRANTED = "leave.granted", "同意离职"
    LEAVE_REFUSED = "leave.refused", "退回离职申请"
    LEAVE_WITHDRAWN = "leave.withdrawn", "撤回离职申请"
    LEAVE_LAPSED = "leave.lapsed", "离职申请逾期自动生效"
    ACTIVITY_ADDED = "activity.added", "登记演练或培训"
    ACTIVITY_CHANGED = "activity.changed", "修改演练或培训"
    ACTIVITY_CLOSED = "activity.closed", "作废演练或培训"
    REGISTRATION_SUBMITTED = "registration.submitted", "提交单位注册"
    REGISTRATION_APPROVED = "registration.approved", "通过单位注册"
    REGISTRATION_RETURNED = "registration.returned", "退回单位注册"
    REGISTRATION_CLAIMED = "registration.claimed", "认领开户"
    REGISTRATION_OBJECTED = "registration.objected", "撤销认领开户"
    REGISTRATION_CHECKED = "registration.checked", "核查认领开户"
    SECOND_FACTOR_SET = "account.second_factor_set", "绑定动态口令"
    SECOND_FACTOR_RESET = "account.second_factor_reset", "重置动态口令"
    NOTICE_PUBLISHED = "notice.published", "下发通知公告"
    NOTICE_WITHDRAWN = "notice.withdrawn", "撤回通知公告"
    NOTICE_READ = "notice.read", "确认已读通知"
    LICENCE_ADDED = "licence.added", "新增许可"
    LICENCE_CHANGED = "licence.changed", "修改许可"
    LICENCE_CLOSED = "licence.closed", "注销许可"
    STATION_ADDED = "station.added", "新增工位"
    STATION_CHANGED = "station.changed", "修改工位"
    STATION_CLOSED = "station.closed", "停用工位"
    DECLARATION_FILED = "declaration.filed", "申报使用状态"
    DECLARATION_CONFIRMED = "declaration.confirmed", "确认使用状态申报"
    DECLARATION_OBJECTED = "declaration.objected", "对使用状态申报提出异议"
    DECLARATION_WITHDRAWN = "declaration.withdrawn", "撤回使用状态申报"
    SUSPENSION_ENDED = "suspension.ended", "恢复生产"
    CODE_ISSUED = "device_code.issued", "赋码"
    CODE_REPLACED = "device_code.replaced", "换码"
    PUBLIC_REPORTED = "public_report.received", "公众报告问题"
    PUBLIC_REPORT_ANSWERED = "public_report.answered", "处理公众报告"
    ARCHIVE_IMPORTED = "archive.imported", "导入历史设备"
    ARCHIVE_CLAIMED = "archive.claimed", "认领设备"
    ARCHIVE_DECLINED = "archive.declined", "否认设备"
    IMPORT_APPLIED = "import.applied", "导入数据"
    PHONE_REVEALED = "staff.phone_revealed", "查看完整手机号"
    TICKET_ASKED = "ticket.asked", "提交客服工单"
    TICKET_ANSWERED = "ticket.answered", "答复客服工单"
    TASK_WAIVED = "task.waived", "免检"
    TASK_CLAIMED = "task.claimed", "领取待办"
    CHECKLIST_ADDED = "checklist.added", "新增自定义管控清单"
    CHECKLIST_CHANGED = "checklist.changed", "修改自定义管控清单"
    CHECKLIST_ENABLED = "checklist.enabled", "启用管控清单"
    CHECKLIST_RETIRED = "checklist.retired", "停用管控清单"
    CHECKLIST_REMOVED = "checklist.removed", "删除管控清单草稿"
    WEEKLY_REPORT_SIGNED = "weekly_report.signed", "提交周报告"
    MINUTES_SIGNED = "minutes.signed", "生成月调度报告"
    MINUTES_COUNTERSIGNED = "minutes.countersigned", "主要负责人签名"
    STOP_REJECTED = "equipment.stop_rejected", "驳回临时停用"
    STOP_ENDED = "equipment.stop_ended", "提前结束临时停用"
    COVER_NAMED = "cover.named", "登记代班"
    COVER_ENDED = "cover.ended", "结束代班"
    INSPECTION_SUBMITTED = "inspection.submitted", "提交巡查"
    HAZARD_FOUND = "hazard.found", "发现隐患"
    HAZARD_ORDERED = "hazard.ordered", "下达整改措施"
    HAZARD_SCHEDULED = "hazard.scheduled", "设定整改期限"
    HAZARD_RECTIFIED = "hazard.rectified", "确认完成整改"
    HAZARD_REVIEWED = "hazard.reviewed", "复查通过"
    HAZARD_RETURNED = "hazard.returned", "复查退回"
    HAZARD_OVERDUE = "hazard.overdue", "整改逾期"
    BATCH_OPENED = "cylinder_batch.opened", "建立气瓶使用登记申请"
    BATCH_CHANGED = "cylinder_batch.changed", "修改气瓶使用登记申请"
    BATCH_DISCARDED = "cylinder_batch.discarded", "删除气瓶使用登记草稿"
    BATCH_ITEMS_TAKEN = "cylinder_batch.items_taken", "导入申请气瓶"
    BATCH_ITEM_CHANGED = "cylinder_batch.item_changed", "修改申请气瓶"
    BATCH_ITEM_REMOVED = "cylinder_batch.item_removed", "移出申请气瓶"
    BATCH_PHOTO_ADDED = "cylinder_batch.photo_added", "上传气瓶照片"
    BATCH_PHOTO_REMOVED = "cylinder_batch.photo_removed", "删除气瓶照片"
    BATCH_SUBMITTED = "cylinder_batch.submitted", "提交使用登记表"
    BATCH_RETURNED = "cylinder_batch.returned", "告知补正"
    BATCH_CHECKED = "cylinder_batch.checked", "完成附件审核"
    BATCH_ACCEPTED = "cylinder_batch.accepted", "受理使用登记"
    BATCH_DECLINED = "cylinder_batch.declined", "不予受理使用登记"
    BATCH_REVIEWED = "cylinder_batch.reviewed", "审核使用登记"
    BATCH_APPROVED = "cylinder_batch.approved", "审批使用登记"
    BATCH_CERTIFIED = "cylinder_batch.certified", "生成使用登记证"
    BATCH_VOIDED = "cylinder_batch.voided", "驳回（退件）"
    CERTIFICATE_REISSUED = "cylinder_certificate.reissued", "重新打印使用登记证"
    CYLINDER_SETTING_CHANGED = "cylinder_setting.changed", "修改气瓶登记设置"
    CYLINDER_CHANGED = "cylinder.changed", "变更气瓶"
    CYLINDER_MOVED = "cylinder.moved", "气瓶流转"
    CYLINDER_INSPECTED = "cylinder.inspected", "登记气瓶定期检验"
    CYLINDER_STOPPED = "cylinder.stopped", "停用气瓶"
    CYLINDER_RESTARTED = "cylinder.restarted", "启用气瓶"
    CYLINDER_SCRAPPED = "cylinder.scrapped", "报废气瓶"
    CYLINDER_LOST = "cylinder.lost", "登记气瓶丢失"
    CYLINDER_FOUND = "cylinder.found", "找回气瓶"
    API_KEY_ADDED = "api_key.added", "建立接口密钥"
    API_KEY_REVOKED = "api_key.revoked", "停用接口密钥"
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
    entry = _entry(actor, verb, obj, now=now, unit_id=unit_id, before=before, after=after)
    entry.save(force_insert=True)
    if actor.ip:
        AuditOrigin.objects.create(entry=entry, ip=actor.ip)
    return entry


def record_many(
    actor: Actor,
    verb: Verb,
    rows: Iterable[tuple[models.Model, dict[str, Any] | None, dict[str, Any] | None]],
    *,
    now: datetime,
) -> list[AuditEntry]:
    """Append one audit row for each (object, before, after), in as few statements as it takes."""
    entries = AuditEntry.objects.bulk_create(
        [
            _entry(actor, verb, obj, now=now, unit_id=None, before=before, after=after)
            for obj, before, after in rows
        ],
        batch_size=1000,
    )
    if actor.ip:
        AuditOrigin.objects.bulk_create(
            [AuditOrigin(entry=entry, ip=actor.ip) for entry in entries], batch_size=1000
        )
    return entries


def _entry(
    actor: Actor,
    verb: Verb,
    obj: models.Model | str,
    *,
    now: datetime,
    unit_id: int | None,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> AuditEntry:
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
    return AuditEntry(
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


def _plain(encoder: DjangoJSONEncoder, value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return value
    return encoder.default(value) if not isinstance(value, models.Model) else str(value)


def set_changed(
    obj: models.Model, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set what differs on an object (not saved); return what it was and what it became."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        if getattr(obj, name) != value:
            before[name], after[name] = getattr(obj, name), value
            setattr(obj, name, value)
    return before, after
