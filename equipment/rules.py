"""Rules about a machine's facts that the form, the action and the import share (pure)."""

from __future__ import annotations

from datetime import date

from config.errors import RuleBroken
from equipment.enums import Category
from equipment.models import CatalogueEntry


def refuse_quantity(entry: CatalogueEntry, quantity: int) -> None:
    """One row a machine, or one row a registration group with its number (decision 4)."""
    if not isinstance(quantity, int) or quantity < 1:
        raise RuleBroken("quantity_bad", "数量应为不小于 1 的整数。", field="quantity")
    if entry.registers == CatalogueEntry.Registers.PER_DEVICE and quantity != 1:
        raise RuleBroken(
            "quantity_per_device",
            f"“{entry.name}”按台登记，每台单独建档，数量应为 1。",
            field="quantity",
        )


def refuse_single_cylinder(entry: CatalogueEntry, product_no: str) -> None:
    """Cylinders are archived by registration group; single ones live in `cylinders`."""
    if entry.duty_category == Category.CYLINDER and product_no:
        raise RuleBroken(
            "single_cylinder",
            "气瓶按登记组建档（一组一条，填写数量），不逐只建档，产品编号请留空；单只气瓶在气瓶使用登记中办理。",
            field="product_no",
        )


def refuse_in_use_since(since: date | None, *, day: date) -> None:
    """A machine cannot have been put into use after today."""
    if since is not None and since > day:
        raise RuleBroken(
            "in_use_in_future",
            "投入使用日期不能晚于今天；尚未投用的设备请把使用状态选为“未投用”。",
            field="in_use_since",
        )
