"""The kinds "cylinders" and "cylinders-existing": registered in AppConfig.ready() (F76 to F80, F88)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse

from config.actor import Actor
from config.errors import RuleBroken
from config.excel.kinds import Context, Door, ImportKind, Target
from config.excel.plan import Line, Plan, Verdict
from cylinders import queries_batches as queries
from cylinders.actions.batches import change_basics
from cylinders.actions.items import CLOSED, take_in
from cylinders.enums import EDITABLE, BatchState, Origin
from cylinders.imports.columns import columns_existing, columns_new
from cylinders.imports.judge import Judge, plan
from cylinders.models import Batch
from cylinders.models.facts import FACTS
from units.roles import Can

NEW, EXISTING = "cylinders", "cylinders-existing"
KIND_OF = {Origin.NEW: NEW, Origin.EXISTING: EXISTING}


# ------------------------------------------------------------------ the application it goes into
def find(actor: Actor, kind: str, code: str) -> Target:
    """The application of a code for the upload page; 404 for a foreign one or the other origin."""
    batch = queries.get_batch(actor, code)
    if KIND_OF[batch.origin] != kind:
        raise Http404(f"batch {code} takes no {kind}")
    closed = ""
    if batch.state not in EDITABLE:
        closed = CLOSED.format(batch.get_state_display())
    elif batch.state == BatchState.DRAFT and not queries.districts().exists():
        closed = _no_district(batch)
    return Target(
        code=batch.code,
        label=str(batch),
        url=reverse("cylinders:batch", args=[batch.code]),
        closed=closed,
        object=batch,
    )


def _no_district(batch: Batch) -> str:
    """That no district takes part yet, and whom to call about it."""
    bureau = queries.bureau_of(batch.unit.region_id)
    called = f"{bureau.name}（{bureau.phone}）" if bureau and bureau.phone else "所在区县市场监管局"
    return f"目前没有区县开通气瓶使用登记，暂时不能导入。请致电{called}咨询。"


def fields(target: Target) -> dict[str, forms.Field]:
    """区县: chosen while the application is a draft; afterwards it stays where it was submitted."""
    batch = target.object
    if batch.state != BatchState.DRAFT:
        return {}
    regions = [(region.code, str(region)) for region in queries.districts()]
    return {
        "region": forms.ChoiceField(
            label="受理区县",
            choices=[("", "请选择"), *regions],
            initial=batch.region_id or "",
            error_messages={
                "required": "请选择受理区县。",
                "invalid_choice": "所选区县尚未开通气瓶使用登记，请重新选择。",
            },
            help_text="只列出已开通气瓶使用登记的区县；不在其中的，请致电区县局办理。",
        )
    }


def keep(target: Target, given: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """Keep the chosen district on the application."""
    if "region" not in given:
        return
    batch = target.object
    region = queries.districts().filter(pk=given["region"]).first()
    if region is None:
        raise RuleBroken("district_closed", "所选区县刚刚停止受理，请重新选择。", field="region")
    change_basics(batch, version=batch.version, changes={}, region=region, actor=actor, now=now)


# ------------------------------------------------------------------ writing
def apply(plan: Plan, context: Context) -> dict[str, int]:
    """Write the create and change lines; the plan holds the application's lock."""
    judge: Judge = plan.extra
    places = {id(line): place for place, line in enumerate(plan.lines)}

    def facts(line: Line) -> list[Any]:
        place = places[id(line)]
        values = dict(zip(judge.names, line.values, strict=True))
        values |= {
            "kind_id": values["kind"].code,
            "nature": judge.natures[place],
            "identity": judge.identities[place],
        }
        return [values[name] for name in FACTS]

    created, changed = plan.of(Verdict.CREATE), plan.of(Verdict.CHANGE)
    take_in(
        judge.batch,
        [facts(line) for line in created],
        changes={line.key: facts(line) for line in changed},
        actor=context.actor,
        now=context.now,
    )
    return {"create": len(created), "change": len(changed)}


GUIDE = (
    "气瓶二维码标识，请务必填入二维码对应的URL：用手机扫描气瓶上的二维码，复制打开的网址。",
    "系统以制造单位、产品编号、制造年月作为唯一性标识（全角半角、大小写、空格不计），已登记或正在办理的气瓶不能重复申请。",
    "设计使用年限和下次检验日期留空的，按设备品种和充装介质的规定填入；填写了的不能超过规定。",
    "有错误的行不影响正确的行：可以先导入正确的行，错误的行改好后再上传，已导入的不会重复。",
)
_SHARED = {
    "unit": "只",
    "capability": Can.CYLINDER_MANAGE,
    "plan": plan,
    "apply": apply,
    "list_url": "cylinders:batch-list",
    "door": Door(find=find, fields=fields, keep=keep),
}
_PREVIEW = (
    "product_no",
    "kind",
    "medium",
    "manufacturer",
    "made_on",
    "life_years",
    "next_inspection_on",
    "qr_url",
)
CYLINDERS = ImportKind(
    name=NEW,
    label="气瓶",
    columns=columns_new,
    preview=_PREVIEW,
    guide=GUIDE,
    **_SHARED,
)
EXISTING_CYLINDERS = ImportKind(
    name=EXISTING,
    label="存量气瓶",
    columns=columns_existing,
    preview=(*_PREVIEW, "old_code"),
    guide=(
        *GUIDE,
        "存量气瓶须填写原使用登记代码；液化石油气钢瓶经评定合格延长使用的，设计使用年限填评定后的总年限，"
        "并在照片中上传评定（检验）报告。",
    ),
    **_SHARED,
)
