"""What everybody may know of a registered cylinder: its page behind the code, and the look-up (F88)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import public
from config.clock import local_day
from config.words import cn_date, cn_month
from cylinders import queries_archive as queries
from cylinders.enums import CylinderState
from cylinders.forms_archive import LookUpForm
from cylinders.models import Cylinder
from cylinders.standing import (
    Standing,
    is_overdue,
    is_past_life,
    sentence_of,
    standing_of,
    stops_of,
)
from equipment.public_facts import Fact
from equipment.views.public import may_look, unlisted
from units.queries import supervisors_of_region

TOO_MANY = "查询太频繁，请过几分钟再试。"


@public("whoever holds a cylinder may see what it is and whether it may be used (F88)")
@unlisted
def cylinder(request: HttpRequest, token: str) -> HttpResponse:
    """Public facts of a cylinder, how it stands in words, whom to call; never a person's name."""
    day = local_day(timezone.now())
    one = queries.scanned(token)
    if one is None:
        return render(request, "cylinders/public_lookup.html", _nothing(LookUpForm()), status=404)
    standing = standing_of(one, day)
    stops = [sentence_of(stop, one) for stop in stops_of(one, day=day)]
    context = {
        "one": one,
        "standing": standing,
        "stops": stops,
        "facts": _facts(one, standing, day),
        "is_replaced": request.GET.get("label") == "old",
        "bureau": next((one for one in supervisors_of_region(one.region_id) if one.phone), None),
        "is_lost": one.state == CylinderState.LOST,
    }
    return render(request, "cylinders/public_cylinder.html", context)


@public("the public looks a cylinder up by its label or number (F88)")
@unlisted
def lookup(request: HttpRequest) -> HttpResponse:
    """Look a cylinder up; one found leads to its page, several are listed with their makers."""
    if "q" not in request.GET:
        return render(request, "cylinders/public_lookup.html", {"form": LookUpForm()})
    form = LookUpForm(request.GET)
    if not form.is_valid():
        return render(request, "cylinders/public_lookup.html", {"form": form}, status=422)
    if not may_look(request):
        form.add_error(None, TOO_MANY)
        return render(request, "cylinders/public_lookup.html", {"form": form}, status=429)
    given = form.cleaned_data
    found = queries.look_up(given["q"], manufacturer=given["maker"])
    if not found.rows:
        return render(request, "cylinders/public_lookup.html", _nothing(form), status=404)
    if len(found.rows) == 1:
        answer = redirect("cylinders:public", found.rows[0].token)
        if found.is_replaced:
            answer["Location"] += "?label=old"
        return answer
    is_cut = len(found.rows) == queries.LOOKED_UP_MOST
    context = {"form": form, "rows": found.rows, "is_cut": is_cut}
    return render(request, "cylinders/public_lookup.html", context)


def _nothing(form: LookUpForm) -> dict[str, object]:
    return {"form": form, "is_unknown": True}


def _facts(one: Cylinder, standing: Standing, day: date) -> list[Fact]:
    """What everybody may know (roles.md, What is public)."""
    overdue = is_overdue(one, day) and one.state != CylinderState.SCRAPPED
    ended = is_past_life(one, day) and one.state != CylinderState.SCRAPPED
    found = [
        Fact("设备品种", one.kind.name),
        Fact("充装介质", one.medium),
        Fact("制造单位", one.manufacturer),
        Fact("产品编号", one.product_no),
        Fact("制造年月", cn_month(one.made_on)),
        Fact("使用单位", one.unit.name),
        Fact("使用登记代码", one.registration_code),
        Fact("使用登记证编号", one.certificate.number),
        Fact(
            "下次检验日期",
            cn_date(one.next_inspection_on),
            "已超期" if overdue else "",
            "danger",
        ),
        Fact("使用年限至", cn_date(one.ends_on), "已届满" if ended else "", "danger"),
    ]
    if one.old_code and one.old_code != one.registration_code:
        found.insert(7, Fact("原使用登记代码", one.old_code))
    return found
