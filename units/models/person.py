"""People: the person who signs in, the employment in a unit, the dated identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    ArrayField,
    DateRangeField,
    IntegerRangeField,
    RangeOperators,
)
from django.db import models
from django.db.backends.postgresql.psycopg_any import NumericRange
from django.db.models import F, Func, Q, Value

from config.codes import new_code
from units.models.owned import OwnedQuerySet
from units.models.region import Bureau
from units.models.unit import Unit
from units.roles import Role

if TYPE_CHECKING:
    from datetime import date


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """Who signs in (decision 2): a person, or the account of a unit, a bureau or the platform.

    The erasable home of personal data: phone and id number stand nowhere else in clear.
    """

    class Kind(models.TextChoices):
        PERSON = "person", "人员"
        UNIT = "unit", "单位账号"
        BUREAU = "bureau", "监管账号"
        PLATFORM = "platform", "平台账号"

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    username = models.CharField("账号", max_length=40, unique=True, null=True, blank=True)
    # A sign-in handle, not an identity: released when somebody else registers the number.
    phone = models.CharField("手机号", max_length=11, unique=True, null=True, blank=True)
    name = models.CharField("姓名", max_length=60)
    id_number_encrypted = models.TextField("证件号码（加密）", blank=True)
    id_number_digest = models.CharField("证件号码摘要", max_length=64, blank=True, db_index=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="accounts")
    bureau = models.ForeignKey(
        Bureau, models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    is_active = models.BooleanField("可登录", default=True)
    created_at = models.DateTimeField("建立时间")

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = "用户"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="user_points_at_its_owner",
                condition=(
                    Q(kind="person", unit=None, bureau=None, username=None)
                    | Q(kind="unit", unit__isnull=False, bureau=None, phone=None)
                    | Q(kind="bureau", unit=None, bureau__isnull=False, phone=None)
                    | Q(kind="platform", unit=None, bureau=None, phone=None)
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_masked(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}" if self.phone else ""


class StaffQuerySet(OwnedQuerySet["Staff"]):
    def employed(self) -> StaffQuerySet:
        """People who have not been deregistered."""
        return self.filter(ended_on=None)


class Staff(models.Model):
    """The employment of a person in a unit (decision 2); kept for ever, ended by 注销 (F13)."""

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="staff", verbose_name="单位")
    user = models.ForeignKey(User, models.PROTECT, related_name="employments", verbose_name="人员")
    name = models.CharField("姓名", max_length=60)
    job_number = models.CharField("工号", max_length=30, blank=True)
    department = models.ForeignKey(
        "units.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name="部门",
    )
    position = models.ForeignKey(
        "units.Position",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name="岗位",
    )
    started_on = models.DateField("入职日期")
    ended_on = models.DateField("离职日期", null=True, blank=True)
    end_reason = models.CharField("注销原因", max_length=200, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    created_at = models.DateTimeField("登记时间")

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = "人员"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_on=None), name="one_open_employment"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="staff_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_force(self, day: date) -> AppointmentQuerySet:
        return self.filter(period__contains=day)


# Gaps of ten keep roles apart; only the excluded pair touches.
ROLE_SLOTS: dict[str, int] = {role: 10 * number for number, role in enumerate(Role.values, 1)}
ROLE_SLOTS[Role.QUALITY_OFFICER] = ROLE_SLOTS[Role.QUALITY_DIRECTOR] + 1


def slot_of(role: str) -> NumericRange:
    """The one-number range that stands for a role in the exclusion constraints."""
    number = ROLE_SLOTS[role]
    return NumericRange(number, number + 1)


def _slot_fits_role() -> Q:
    condition = Q()
    for role in Role.values:
        condition |= Q(role=role, role_slot=slot_of(role))
    return condition


class Appointment(models.Model):
    """One identity (身份) of a person in a unit, dated (decision 3). Empty `categories` = all."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="appointments")
    role = models.CharField("身份", max_length=20, choices=Role.choices)
    categories = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name="分管设备类别"
    )
    period = DateRangeField("任职期间")
    # The role as a range of one number (ROLE_SLOTS), so that GiST can compare it without an
    # extension; 质量安全总监 and 质量安全员 are neighbours and exclude each other (F14).
    role_slot = IntegerRangeField(editable=False)
    created_at = models.DateTimeField("登记时间")

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = "任职"
        ordering = ["staff_id", "role", "period"]
        constraints = [
            ExclusionConstraint(
                name="appointment_not_twice_at_once",
                expressions=[
                    (
                        Func(F("staff"), F("staff"), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    ),
                    ("role_slot", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="quality_director_is_not_quality_officer",
                expressions=[
                    (
                        Func(F("staff"), F("staff"), Value("[]"), function="int8range"),
                        RangeOperators.EQUAL,
                    ),
                    ("role_slot", RangeOperators.ADJACENT_TO),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(name="appointment_slot_fits_role", condition=_slot_fits_role()),
        ]

    def __str__(self) -> str:
        return self.get_role_display()
