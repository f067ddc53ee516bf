"""The nine duty categories and the status of a machine (pure)."""

from django.db import models


class Category(models.TextChoices):
    """Duty category (Order 74): what titles, checklists and to-dos are cut by."""

    BOILER = "boiler", "锅炉"
    PRESSURE_VESSEL = "pressure_vessel", "压力容器"
    CYLINDER = "cylinder", "气瓶"
    PRESSURE_PIPE = "pressure_pipe", "压力管道"
    LIFT = "lift", "电梯"
    CRANE = "crane", "起重机械"
    ROPEWAY = "ropeway", "客运索道"
    RIDE = "ride", "大型游乐设施"
    VEHICLE = "vehicle", "场（厂）内专用机动车辆"


class UseStatus(models.TextChoices):
    """使用状态 of a machine; only 在用 owes daily to-dos (decision 6)."""

    IN_USE = "in_use", "在用"
    NOT_YET_IN_USE = "not_yet_in_use", "未投用"
    STOPPED = "stopped", "停用"
    SCRAPPED = "scrapped", "报废"
