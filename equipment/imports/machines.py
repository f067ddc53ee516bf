"""The kind "machines": registered in AppConfig.ready()."""

from __future__ import annotations

from config.excel.kinds import ImportKind
from equipment.imports.columns import columns
from equipment.imports.judge import plan
from equipment.imports.write import apply
from units.roles import Can

MACHINES = ImportKind(
    name="machines",
    label="设备",
    unit="台",
    capability=Can.IMPORT_RUN,
    columns=columns,
    plan=plan,
    apply=apply,
    preview=(
        "name",
        "catalogue",
        "equipment_code",
        "registration_no",
        "inner_no",
        "place",
        "status",
        "officer",
    ),
    list_url="equipment:list",
    guide=(
        "同一台设备按设备代码识别；没有的按使用登记证编号，再没有的按单位内编号加设备名称识别。已建档的设备只改填写了的列，留空的列不变。",
        "安全员留空的新设备建档后没有人收到每日待办，请随后在“设备档案”中批量绑定。",
    ),
)
