"""What is known of one cylinder: the columns of the workbook (domain 6.2), shared by the item of a
batch and the registered cylinder."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from cylinders.enums import Nature
from cylinders.models.reference import CylinderKind


class CylinderFacts(models.Model):
    """Facts of a cylinder; `identity` is manufacturer + product number + month, normalised
    (decision 16, cylinders.identity)."""

    kind = models.ForeignKey(
        CylinderKind, models.PROTECT, related_name="+", verbose_name="设备品种"
    )
    model = models.CharField("气瓶型号", max_length=60, blank=True)
    # Canonical names of media, several joined by 、 for a mixture.
    medium = models.CharField("充装介质", max_length=80)
    # Of the strictest component.
    nature = models.CharField("介质性质", max_length=20, choices=Nature.choices)
    manufacturer = models.CharField("制造单位", max_length=120)
    maker_licence = models.CharField("制造许可证编号", max_length=40, blank=True)
    product_no = models.CharField("产品编号", max_length=60)
    # The first of the month of manufacture.
    made_on = models.DateField("制造年月")
    nominal_pressure = models.DecimalField(
        "公称压力（MPa）", max_digits=7, decimal_places=2, validators=[MinValueValidator(0)]
    )
    test_pressure = models.DecimalField(
        "试验压力（MPa）", max_digits=7, decimal_places=2, null=True, blank=True
    )
    volume = models.DecimalField("容积（L）", max_digits=9, decimal_places=2)
    wall_thickness = models.DecimalField(
        "设计壁厚（mm）", max_digits=6, decimal_places=2, null=True, blank=True
    )
    tare = models.DecimalField("皮重（kg）", max_digits=8, decimal_places=2, null=True, blank=True)
    life_years = models.PositiveSmallIntegerField("设计使用年限（年）")
    last_inspected_on = models.DateField("最近一次检验日期", null=True, blank=True)
    next_inspection_on = models.DateField("下次检验日期")
    qr_url = models.CharField("二维码标识（URL）", max_length=300)
    inner_no = models.CharField("单位内编号", max_length=40, blank=True)
    owner = models.CharField("产权单位", max_length=120, blank=True)
    old_code = models.CharField("原使用登记代码", max_length=40, blank=True)
    plate = models.CharField("车牌号", max_length=20, blank=True)
    vin = models.CharField("车辆识别代号（VIN）", max_length=17, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    identity = models.CharField("唯一性标识", max_length=220, editable=False)

    class Meta:
        abstract = True


# Their columns, in the order in which rows of facts are written.
FACTS = tuple(field.attname for field in CylinderFacts._meta.local_fields)
