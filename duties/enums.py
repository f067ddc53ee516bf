"""Vocabulary of duties: cadence, level, kind of to-do, answers (pure)."""

from django.db import models


class Cadence(models.TextChoices):
    DAILY = "daily", "日管控"
    WEEKLY = "weekly", "周排查"
    MONTHLY = "monthly", "月调度"


class Level(models.TextChoices):
    """Whose duty it is."""

    OFFICER = "officer", "安全员"
    DIRECTOR = "director", "安全总监"
    PRINCIPAL = "principal", "主要负责人"


class TaskKind(models.TextChoices):
    INSPECTION = "inspection", "巡查"
    WEEKLY_REPORT = "weekly_report", "周报告"
    MONTHLY_MINUTES = "monthly_minutes", "月报告"


class Evaluation(models.TextChoices):
    """本周安全管理情况评价 of the weekly report (M 3.4)."""

    CONTROLLED = "controlled", "安全风险可控，无较大安全风险隐患"
    AT_RISK = "at_risk", "存在安全风险隐患，需尽快采取防范措施"

    def words(self, unit_kind: str) -> str:
        """The sentence of the form; production units answer for quality too (Order 73)."""
        risks = "质量安全风险" if unit_kind == "production" else "安全风险"
        return str(self.label).replace("安全风险", risks)


class TaskState(models.TextChoices):
    """Decision 8: 应检 = 按时 + 补录 + 漏检 + 未到期, with 免检 beside it."""

    TODO = "todo", "待办"
    IN_PROGRESS = "in_progress", "进行中"
    AWAITING_SIGNATURE = "awaiting_signature", "待签名"
    DONE = "done", "已完成"
    MISSED = "missed", "漏检"
    BACKFILLED = "backfilled", "已补录"
    WAIVED = "waived", "免检"


OPEN_STATES = (TaskState.TODO, TaskState.IN_PROGRESS, TaskState.AWAITING_SIGNATURE)


class Result(models.TextChoices):
    """The answer to one item; there is no default (decision 10)."""

    PASS = "pass", "合格"
    FAIL = "fail", "不合格"
    NOT_APPLICABLE = "not_applicable", "无此项"


class Handling(models.TextChoices):
    """What happens with a failed item (F57)."""

    IMMEDIATE = "immediate", "立即处理"
    PENDING = "pending", "待处理"


class RoundStatus(models.TextChoices):
    """使用状态 chosen at the start of a daily round (F53)."""

    IN_USE = "in_use", "在用"
    STOPPED = "stopped", "停用"


class Timing(models.TextChoices):
    """How an inspection stands to its due time, for ever (decision 8)."""

    ON_TIME = "on_time", "按时"
    ON_TIME_OFFLINE = "on_time_offline", "按时（离线）"
    BACKFILLED = "backfilled", "补录"
