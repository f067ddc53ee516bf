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
    # everybody signed in
    MESSAGE_READ = "message:read", "查看消息"
    TICKET_ASK = "ticket:ask", "联系客服"
    # unit admin's desk
    UNIT_DASHBOARD = "unit:dashboard", "查看统计分析"
    UNIT_SETTINGS = "unit:settings", "修改单位设置"
    STAFF_VIEW = "staff:view", "查看人员"
    STAFF_MANAGE = "staff:manage", "管理人员"
    EQUIPMENT_VIEW = "equipment:view", "查看设备档案"
    EQUIPMENT_MANAGE = "equipment:manage", "管理设备档案"
    ORG_VIEW = "org:view", "查看部门、岗位、许可、工位与制度"
    ORG_MANAGE = "org:manage", "管理部门、岗位、许可、工位与制度"
    ACTIVITY_VIEW = "activity:view", "查看演练与培训"
    ACTIVITY_MANAGE = "activity:manage", "登记演练与培训"
    DECLARATION_VIEW = "declaration:view", "查看使用状态申报"
    DECLARATION_FILE = "declaration:file", "申报停用、启用、报废、停产"
    CODE_MANAGE = "code:manage", "管理设备码与公众报告"
    IMPORT_RUN = "import:run", "导入数据"
    NOTICE_READ = "notice:read", "阅读通知公告"
    CHECKLIST_VIEW = "checklist:view", "查看管控清单"
    CHECKLIST_MANAGE = "checklist:manage", "管理自定义管控清单"
    RECORD_VIEW = "record:view", "查看管控记录"
    HAZARD_VIEW = "hazard:view", "查看风险隐患"
    DOCUMENT_VIEW = "document:view", "查看记录表单"
    DOCUMENT_ISSUE = "document:issue", "生成记录表单"
    CYLINDER_VIEW = "cylinder:view", "查看气瓶与充装记录"
    CYLINDER_MANAGE = "cylinder:manage", "办理气瓶使用登记、管理气瓶"
    FILLING_KEY = "filling:key", "管理充装数据接口密钥"
    # phone
    CYLINDER_PHOTO = "cylinder:photo", "上传气瓶照片"
    FIELD_HOME = "field:home", "手机端"
    INSPECT = "duty:inspect", "开展巡查"
    HAZARD_ORDER = "hazard:order", "下达整改措施"
    HAZARD_RECTIFY = "hazard:rectify", "确认完成整改"
    HAZARD_REVIEW = "hazard:review", "隐患复查"
    LEAVE_ASK = "leave:ask", "申请离职"
    REPORT_WRITE = "report:write", "填写周报告与月报告"
    COVER_NAME = "cover:name", "登记请假代班"
    STOP_DECLARE = "stop:declare", "申报临时停用"
    STOP_REJECT = "stop:reject", "驳回临时停用"
    # regulators
    REGION_VIEW = "region:view", "查看辖区单位"
    BUREAU_DESK = "bureau:desk", "待办事项"
    REGISTRATION_DECIDE = "registration:decide", "审核单位注册"
    DECLARATION_DECIDE = "declaration:decide", "确认停用、报废、停产"
    NOTICE_WRITE = "notice:write", "下发通知公告"
    ARCHIVE_IMPORT = "archive:import", "导入历史设备"
    CYLINDER_REVIEW = "cylinder:review", "办理气瓶使用登记审核"
    # the platform
    TICKET_ANSWER = "ticket:answer", "答复客服工单"


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
_EVERYBODY = frozenset({Can.MESSAGE_READ, Can.TICKET_ASK})
_FIELD = _EVERYBODY | {
    Can.FIELD_HOME,
    Can.RECORD_VIEW,
    Can.HAZARD_VIEW,
    Can.DOCUMENT_VIEW,
    Can.LEAVE_ASK,
}

_OFFICER = _FIELD | {
    Can.INSPECT,
    Can.HAZARD_RECTIFY,
    Can.DOCUMENT_ISSUE,
    Can.REPORT_WRITE,
    Can.COVER_NAME,
    Can.STOP_DECLARE,
    Can.CYLINDER_PHOTO,
}
_OVERSEER = _FIELD | {
    Can.INSPECT,
    Can.HAZARD_ORDER,
    Can.HAZARD_RECTIFY,
    Can.HAZARD_REVIEW,
    Can.DOCUMENT_ISSUE,
    Can.REPORT_WRITE,
    Can.STOP_REJECT,
}

ROLE_CAN: dict[str, frozenset[Can]] = {
    Role.PRINCIPAL: _OVERSEER,
    Role.SAFETY_DIRECTOR: _OVERSEER | {Can.COVER_NAME},
    # 临时停用 is about machines in use, which a 质量安全总监 does not oversee (decision 6).
    Role.QUALITY_DIRECTOR: (_OVERSEER | {Can.COVER_NAME}) - {Can.STOP_REJECT},
    Role.SAFETY_OFFICER: _OFFICER,
    Role.QUALITY_OFFICER: _OFFICER,
    Role.OPERATOR: frozenset(),
    Role.INSPECTOR: frozenset(),
    Role.TESTER: frozenset(),
    Role.QUALITY_SYSTEM: frozenset(),
}

KIND_CAN: dict[str, frozenset[Can]] = {
    "unit": _READ_DUTIES
    | _EVERYBODY
    | {
        Can.ORG_VIEW,
        Can.ORG_MANAGE,
        Can.ACTIVITY_VIEW,
        Can.ACTIVITY_MANAGE,
        Can.DECLARATION_VIEW,
        Can.DECLARATION_FILE,
        Can.CODE_MANAGE,
        Can.IMPORT_RUN,
        Can.NOTICE_READ,
        Can.ACCOUNT_OWN,
        Can.UNIT_DASHBOARD,
        Can.UNIT_SETTINGS,
        Can.STAFF_VIEW,
        Can.STAFF_MANAGE,
        Can.EQUIPMENT_MANAGE,
        Can.CHECKLIST_MANAGE,
        Can.CYLINDER_VIEW,
        Can.CYLINDER_MANAGE,
        Can.CYLINDER_PHOTO,
        Can.FILLING_KEY,
    },
    "bureau": _EVERYBODY
    | frozenset(
        {
            Can.BUREAU_DESK,
            Can.REGISTRATION_DECIDE,
            Can.DECLARATION_VIEW,
            Can.DECLARATION_DECIDE,
            Can.NOTICE_WRITE,
            Can.ARCHIVE_IMPORT,
            Can.CYLINDER_VIEW,
            Can.CYLINDER_REVIEW,
            Can.ACCOUNT_OWN,
            Can.REGION_VIEW,
            Can.EQUIPMENT_VIEW,
            Can.RECORD_VIEW,
            Can.HAZARD_VIEW,
            Can.DOCUMENT_VIEW,
        }
    ),
    "platform": _EVERYBODY | {Can.ACCOUNT_OWN, Can.TICKET_ANSWER},
}
