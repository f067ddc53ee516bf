"""Closed vocabularies of cylinders: media, batches, photographs, states after registration."""

from __future__ import annotations

from django.db import models


class Nature(models.TextChoices):
    """What a medium does to a cylinder; periods and lives hang on it (domain 6.3)."""

    INERT = "inert", "惰性或高纯无腐蚀气体"
    GENERAL = "general", "一般气体"
    CORROSIVE = "corrosive", "腐蚀性气体"
    LPG = "lpg", "液化石油气"
    ACETYLENE = "acetylene", "乙炔"
    CNG = "cng", "压缩天然气"
    CRYOGENIC = "cryogenic", "低温液化气体"
    LNG = "lng", "液化天然气"
    BREATHING = "breathing", "呼吸空气"


class Origin(models.TextChoices):
    """New cylinders, or existing ones that are registered again from the old register (F88)."""

    NEW = "new", "新增登记"
    EXISTING = "existing", "存量补登记"


class BatchState(models.TextChoices):
    """States of an application for use registration (decision 15)."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已提交"
    CORRECTING = "correcting", "待补正"
    ACCEPTED = "accepted", "已受理"
    REVIEWED = "reviewed", "已审核"
    APPROVED = "approved", "已审批"
    CERTIFIED = "certified", "已发证"
    DECLINED = "declined", "不予受理"
    VOIDED = "voided", "已退件"


# The unit may change the batch and what is in it.
EDITABLE = (BatchState.DRAFT, BatchState.CORRECTING)
# Before a bureau: nobody else may apply for these cylinders.
PENDING = (
    BatchState.SUBMITTED,
    BatchState.CORRECTING,
    BatchState.ACCEPTED,
    BatchState.REVIEWED,
    BatchState.APPROVED,
)


class StepName(models.TextChoices):
    """What happened to a batch; one append-only row each (使用登记进度)."""

    SUBMITTED = "submitted", "提交使用登记表"
    RETURNED = "returned", "一次性告知补正"
    RESUBMITTED = "resubmitted", "补正后重新提交"
    ACCEPTED = "accepted", "受理"
    DECLINED = "declined", "不予受理"
    REVIEWED = "reviewed", "审核"
    APPROVED = "approved", "审批"
    CERTIFIED = "certified", "证书生成"
    VOIDED = "voided", "驳回（退件）"


class Claim(models.TextChoices):
    """What an item holds of its identity (decision 16)."""

    # Blocks the same cylinder inside its unit only.
    DRAFT = "draft", "草稿"
    # Submitted: blocks it everywhere.
    HELD = "held", "办理中"
    # Registered: the Cylinder holds it from now on.
    DONE = "done", "已登记"
    # Removed, declined or voided: may be applied for again.
    RELEASED = "released", "已释放"


class PhotoKind(models.TextChoices):
    """What a photograph of a cylinder shows (F81)."""

    STAMP = "stamp", "钢印（产品编码或镂空码）"
    CERTIFICATE = "certificate", "监检证书"
    REGISTER = "register", "原登记资料或检验报告"


class PictureState(models.TextChoices):
    """What became of one file of an uploaded ZIP of photographs."""

    WAITING = "waiting", "等待处理"
    TAKEN = "taken", "已上传"
    UNMATCHED = "unmatched", "未匹配"
    REFUSED = "refused", "未能上传"
    SKIPPED = "skipped", "不是照片"


class CheckStep(models.TextChoices):
    """Who looks at a photograph: the accepting person at all, the reviewing one at a sample."""

    ACCEPT = "accept", "受理审核"
    SAMPLE = "sample", "抽样复看"


class Verdict(models.TextChoices):
    """The judgement on one photograph; 正确 is the default of the page (C 四.2)."""

    CORRECT = "correct", "正确"
    WRONG = "wrong", "错误"


class CylinderState(models.TextChoices):
    """States of a registered cylinder (domain 6.4)."""

    EMPTY = "empty", "在用-空瓶"
    FULL = "full", "在用-满瓶"
    DELIVERING = "delivering", "在用-配送中"
    AT_CUSTOMER = "at_customer", "在用-客户处"
    DUE = "due", "待检"
    INSPECTING = "inspecting", "检验中"
    STOPPED = "stopped", "停用"
    SCRAPPED = "scrapped", "报废（已去功能化）"
    LOST = "lost", "丢失"


IN_USE = (
    CylinderState.EMPTY,
    CylinderState.FULL,
    CylinderState.DELIVERING,
    CylinderState.AT_CUSTOMER,
)


class EventKind(models.TextChoices):
    """What happened to a registered cylinder; one append-only row each."""

    REGISTERED = "registered", "使用登记"
    CHANGED = "changed", "变更"
    MOVED = "moved", "流转"
    INSPECTED = "inspected", "定期检验"
    STOPPED = "stopped", "停用"
    RESTARTED = "restarted", "启用"
    SCRAPPED = "scrapped", "报废"
    LOST = "lost", "丢失"
    FOUND = "found", "找回"


class FillingKind(models.TextChoices):
    """The three records of one filling (F89)."""

    CHECK = "check", "充装前检查"
    FILL = "fill", "充装记录"
    RECHECK = "recheck", "充装后复查"


class Stop(models.TextChoices):
    """Hard stops at filling (domain 6.4); what the interface answers and the page shows."""

    UNREGISTERED = "unregistered", "未办理使用登记"
    OVERDUE = "overdue", "超过检验有效期"
    PAST_LIFE = "past_life", "超过设计使用年限"
    SCRAPPED = "scrapped", "已报废"
    STOPPED = "stopped", "已停用、丢失或送检"
    WRONG_MEDIUM = "wrong_medium", "充装介质不符"
    FOREIGN = "foreign", "非本单位登记的气瓶"
