"""Papers about people: certificates, leave requests, trainings and drills (F13, F16, F21, F23)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from config.codes import new_code
from units.models.file import StoredFile
from units.models.owned import OwnedQuerySet
from units.models.person import Staff
from units.models.unit import Unit


class Certificate(models.Model):
    """A certificate (证书) a person of the unit holds; `valid_until` None = no end."""

    class Kind(models.TextChoices):
        MANAGER = "manager", "特种设备安全管理人员证"
        OPERATOR = "operator", "特种设备作业人员证"
        INSPECTOR = "inspector", "检验人员证"
        TESTER = "tester", "检测人员证"
        ASSESSMENT = "assessment", "考核合格证明"
        OTHER = "other", "其他证书"

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="certificates")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="certificates")
    kind = models.CharField("证书类别", max_length=20, choices=Kind.choices)
    number = models.CharField("证书编号", max_length=60)
    item = models.CharField("作业项目", max_length=80, blank=True)
    issuer = models.CharField("发证机关", max_length=80, blank=True)
    issued_on = models.DateField("发证日期", null=True, blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="扫描件"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("登记时间")
    # Taken off the books by the unit (a slip, or replaced by a renewed one); the row stays.
    closed_at = models.DateTimeField("注销时间", null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "人员证书"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "number", "item"],
                condition=Q(closed_at=None),
                name="certificate_once_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(issued_on=None)
                | Q(valid_until=None)
                | Q(valid_until__gte=F("issued_on")),
                name="certificate_ends_after_issue",
            ),
        ]
        indexes = [models.Index(fields=["unit", "valid_until"], name="certificate_expiry")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class LeaveRequest(models.Model):
    """A person's own wish to leave the unit (decision 2): unanswered for 3 days it takes effect."""

    class State(models.TextChoices):
        OPEN = "open", "待单位处理"
        GRANTED = "granted", "已同意"
        REFUSED = "refused", "已退回"
        WITHDRAWN = "withdrawn", "已撤回"
        LAPSED = "lapsed", "逾期未处理，已自动生效"

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leave_requests")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="leave_requests")
    reason = models.CharField("离职说明", max_length=200, blank=True)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.OPEN)
    requested_at = models.DateTimeField("申请时间")
    takes_effect_at = models.DateTimeField("自动生效时间")
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    opinion = models.CharField("处理意见", max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "离职申请"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff"], condition=Q(state="open"), name="one_open_leave_request"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="leave_request_is_decided_or_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff} {self.get_state_display()}"


class Activity(models.Model):
    """An emergency drill (应急演练) or a safety training (安全培训) that was held (F21, F23)."""

    class Kind(models.TextChoices):
        DRILL = "drill", "应急演练"
        TRAINING = "training", "安全培训"

    class Organiser(models.TextChoices):
        OWN = "own", "本单位自行组织"
        COMMISSIONED = "commissioned", "委托机构"

    code = models.CharField("编码", max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="activities")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    title = models.CharField("名称", max_length=100)
    held_on = models.DateField("举办日期")
    place = models.CharField("地点", max_length=120, blank=True)
    organiser = models.CharField(
        "组织方式", max_length=14, choices=Organiser.choices, default=Organiser.OWN
    )
    agency = models.CharField("受托机构", max_length=120, blank=True)
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1, null=True, blank=True)
    content = models.TextField("内容", max_length=2000)
    # What the drill showed and what is to be improved.
    summary = models.TextField("总结评估", max_length=2000, blank=True)
    files = models.ManyToManyField(StoredFile, related_name="+", verbose_name="附件")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("登记时间")
    # Withdrawn with a reason; the row stays.
    closed_at = models.DateTimeField("作废时间", null=True, blank=True)
    close_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "演练与培训"
        ordering = ["-held_on", "-id"]
        indexes = [models.Index(fields=["unit", "kind", "-held_on"], name="activity_by_unit")]

    def __str__(self) -> str:
        return self.title


class Participation(models.Model):
    """That a person of the unit took part, and how the assessment (考核) went."""

    class Result(models.TextChoices):
        NONE = "", "未考核"
        PASSED = "passed", "合格"
        FAILED = "failed", "不合格"
        ABSENT = "absent", "缺考"

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="participations")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="participations")
    result = models.CharField("考核结果", max_length=10, choices=Result.choices, blank=True)
    score = models.DecimalField("成绩", max_digits=5, decimal_places=1, null=True, blank=True)

    class Meta:
        verbose_name = "参加人员"
        ordering = ["activity_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "staff"], name="takes_part_once"),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(0, 100)), name="score_up_to_100"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff} {self.get_result_display()}"
