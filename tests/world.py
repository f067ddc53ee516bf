"""The named cast of the suite: the same people, units and machines in every test.

甲 (`jia`) and 乙 (`yi`) are using units in 渝中区; `bureau` supervises both; `far_bureau` and
`far_unit` are in another district. In 甲: 李 inspects the lift and the crane, 张 is an officer with
one boiler, 王 is director of everything, 赵 director of cranes only, 陈 the principal.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from config.actor import Actor
from equipment.models import Equipment, OfficerBinding, StatusPeriod
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.factories.units import NOW, PASSWORD
from units.loader import actor_for_staff, load_actor
from units.models import Appointment, Bureau, Staff, Unit, User

__all__ = ["NOW", "PASSWORD", "TODAY", "World", "build"]

TODAY = date(2026, 11, 20)


@dataclass
class World:
    bureau: Bureau
    regulator: User
    far_bureau: Bureau
    far_regulator: User
    jia: Unit
    jia_admin: User
    li: Staff
    zhang: Staff
    wang: Staff
    zhao: Staff
    chen: Staff
    lift: Equipment
    crane: Equipment
    boiler: Equipment
    unbound: Equipment
    yi: Unit
    yi_admin: User
    sun: Staff
    qian: Staff
    zhou: Staff
    yi_lift: Equipment
    far_unit: Unit
    far_admin: User

    def actor(self, who: Staff | User, day: date = TODAY) -> Actor:
        """The Actor a person or an account is."""
        return actor_for_staff(who, on=day) if isinstance(who, Staff) else load_actor(who)


def build() -> World:
    """Write the cast into the database and return it."""
    bureau = people.bureau()
    far_bureau = people.bureau("500106", "沙坪坝区市场监督管理局")
    jia = people.unit("甲物业管理有限公司", address="渝中区民权路1号")
    yi = people.unit("乙机械有限公司", address="渝中区中山路2号")
    far_unit = people.unit("丙酒店有限公司", region="500106")
    li = people.staff(jia, "李安", "safety_officer", mobile="13800000001")
    zhang = people.staff(jia, "张全", "safety_officer", mobile="13800000002")
    wang = people.staff(jia, "王总", "safety_director", mobile="13800000003")
    zhao = people.staff(jia, "赵督", ("safety_director", ["crane"]), mobile="13800000004")
    chen = people.staff(jia, "陈责", "principal", mobile="13800000005")
    sun = people.staff(yi, "孙安", "safety_officer", mobile="13800000006")
    qian = people.staff(yi, "钱总", "safety_director", mobile="13800000007")
    zhou = people.staff(yi, "周责", "principal", mobile="13800000008")
    return World(
        bureau=bureau,
        regulator=people.account("bureau", "yuzhong", bureau),
        far_bureau=far_bureau,
        far_regulator=people.account("bureau", "shapingba", far_bureau),
        jia=jia,
        jia_admin=people.account("unit", "jia", jia),
        li=li,
        zhang=zhang,
        wang=wang,
        zhao=zhao,
        chen=chen,
        lift=machines.machine(jia, "lift", officer=li, name="1号客梯", place="A座大堂"),
        crane=machines.machine(jia, "crane", officer=li, name="2号行车", place="B车间"),
        boiler=machines.machine(jia, "boiler", officer=zhang, name="3号锅炉", place="锅炉房"),
        unbound=machines.machine(jia, "lift", name="4号客梯", place="C座"),
        yi=yi,
        yi_admin=people.account("unit", "yi", yi),
        sun=sun,
        qian=qian,
        zhou=zhou,
        yi_lift=machines.machine(yi, "lift", officer=sun, name="乙1号客梯", place="乙楼"),
        far_unit=far_unit,
        far_admin=people.account("unit", "bing", far_unit),
    )


# A World, pickled, and the statement that writes its rows: building one by the factories costs as much
# as many tests do.
_world: bytes = b""
_rows = ""
TABLES = (Bureau, Unit, User, Staff, Appointment, Equipment, StatusPeriod, OfficerBinding)


def copied() -> World:
    """A world like `build()`'s: built once a process, its rows written anew for every test.

    The keys are drawn once; the sequences have gone past them, so nothing new meets them.
    """
    global _rows, _world
    if _is_peopled():
        return build()  # a fixture was here before
    if not _world:
        with transaction.atomic():
            made = build()
            rows = [list(model.objects.order_by("pk")) for model in TABLES]
            _world = pickle.dumps(made)
            transaction.set_rollback(True)
        _rows = _written(rows)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_rows)
    return pickle.loads(_world)  # noqa: S301  our own


def _is_peopled() -> bool:
    anybody = " UNION ALL ".join(
        f"(SELECT 1 FROM {model._meta.db_table} LIMIT 1)" for model in (Bureau, Unit, User)
    )
    with connection.cursor() as cursor:
        cursor.execute(anybody)
        return cursor.fetchone() is not None


def _written(rows: list[list[Model]]) -> str:
    """Write these rows and return the statements that do it."""
    with CaptureQueriesContext(connection) as captured:
        for several in rows:
            type(several[0]).objects.bulk_create(several)
    return ";".join(one["sql"] for one in captured if one["sql"].startswith("INSERT"))
