"""Identities (身份), capabilities, and the one table that ties them (roles.md)."""

from django.db import models


class Role(models.TextChoices):
    """The nine person categories (F8); the first five sign in on the phone (F7)."""

    PRINCIPAL = "principal", "主要负责人"
    SAFETY_DIRECTOR = "safety_director", "安全总监"
    QUALITY_DIRECTOR = "quality_director", "质量安全总监"
    SAFETY_OFFICER = "safety_officer", "安全员"
    QUALITY_OFFICER = "quality_officer", "质量安全员"
    OPERATOR = "operator", "作业人员"
    INSPECTOR = "inspector", "检验人员"
    TESTER = "tester", "检测人员"
    QUALITY_SYSTEM = "quality_system", "质量保证体系人员"


OFFICERS = (Role.SAFETY_OFFICER, Role.QUALITY_OFFICER)
DIRECTORS = (Role.SAFETY_DIRECTOR, Role.QUALITY_DIRECTOR)
SIGN_IN_ROLES = (Role.PRINCIPAL, *DIRECTORS, *OFFICERS)
# Roles whose scope may be narrowed to duty categories (电梯安全总监 …).
SCOPED_ROLES = (*DIRECTORS, *OFFICERS)


class Can(models.TextChoices):
    """Capabilities, `<group>:<action>`; pages declare them, menus and buttons ask for them."""

    # every account with a password
    ACCOUNT_OWN = "account:own", "本账号"
    # unit admin's desk
    UNIT_DASHBOARD = "unit:dashboard", "查看统计分析"
    UNIT_SETTINGS = "unit:settings", "修改单位设置"
    STAFF_VIEW = "staff:view", "查看人员"
    STAFF_MANAGE = "staff:manage", "管理人员"
    EQUIPMENT_VIEW = "equipment:view", "查看设备档案"
    EQUIPMENT_MANAGE = "equipment:manage", "管理设备档案"
    CHECKLIST_VIEW = "checklist:view", "查看管控清单"
    RECORD_VIEW = "record:view", "查看管控记录"
    HAZARD_VIEW = "hazard:view", "查看风险隐患"
    DOCUMENT_VIEW = "document:view", "查看记录表单"
    DOCUMENT_ISSUE = "document:issue", "生成记录表单"
    # phone
    FIELD_HOME = "field:home", "手机端"
    INSPECT = "duty:inspect", "开展巡查"
    HAZARD_ORDER = "hazard:order", "下达整改措施"
    HAZARD_RECTIFY = "hazard:rectify", "确认完成整改"
    HAZARD_REVIEW = "hazard:review", "隐患复查"
    # regulators
    REGION_VIEW = "region:view", "查看辖区单位"


_READ_DUTIES = frozenset(
    {
        Can.EQUIPMENT_VIEW,
        Can.CHECKLIST_VIEW,
        Can.RECORD_VIEW,
        Can.HAZARD_VIEW,
        Can.DOCUMENT_VIEW,
        Can.DOCUMENT_ISSUE,
    }
)
_FIELD = frozenset({Can.FIELD_HOME, Can.RECORD_VIEW, Can.HAZARD_VIEW, Can.DOCUMENT_VIEW})

ROLE_CAN: dict[str, frozenset[Can]] = {
    Role.PRINCIPAL: _FIELD | {Can.HAZARD_ORDER, Can.HAZARD_REVIEW, Can.DOCUMENT_ISSUE},
    Role.SAFETY_DIRECTOR: _FIELD | {Can.HAZARD_ORDER, Can.HAZARD_REVIEW, Can.DOCUMENT_ISSUE},
    Role.QUALITY_DIRECTOR: _FIELD | {Can.HAZARD_ORDER, Can.HAZARD_REVIEW, Can.DOCUMENT_ISSUE},
    Role.SAFETY_OFFICER: _FIELD | {Can.INSPECT, Can.HAZARD_RECTIFY, Can.DOCUMENT_ISSUE},
    Role.QUALITY_OFFICER: _FIELD | {Can.INSPECT, Can.HAZARD_RECTIFY, Can.DOCUMENT_ISSUE},
    Role.OPERATOR: frozenset(),
    Role.INSPECTOR: frozenset(),
    Role.TESTER: frozenset(),
    Role.QUALITY_SYSTEM: frozenset(),
}

KIND_CAN: dict[str, frozenset[Can]] = {
    "unit": _READ_DUTIES
    | {
        Can.ACCOUNT_OWN,
        Can.UNIT_DASHBOARD,
        Can.UNIT_SETTINGS,
        Can.STAFF_VIEW,
        Can.STAFF_MANAGE,
        Can.EQUIPMENT_MANAGE,
    },
    "bureau": frozenset(
        {
            Can.ACCOUNT_OWN,
            Can.REGION_VIEW,
            Can.EQUIPMENT_VIEW,
            Can.RECORD_VIEW,
            Can.HAZARD_VIEW,
            Can.DOCUMENT_VIEW,
        }
    ),
    "platform": frozenset({Can.ACCOUNT_OWN}),
}
