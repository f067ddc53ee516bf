"""Hand signatures (decision 11)."""

from django.db import models
from django.db.models import Q

from config.codes import new_code
from units.models.file import Photo, StoredFile
from units.models.person import Staff
from units.models.unit import Unit


class Signature(models.Model):
    """A signature drawn on the screen (strokes and PNG) or, without JavaScript, photographed.

    Append-only by trigger. One signature may cover several records; they point at it.
    """

    code = models.CharField(max_length=12, unique=True, default=new_code)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="signatures")
    signer_name = models.CharField("签名人", max_length=60)
    image = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    strokes = models.JSONField(default=list)
    signed_at = models.DateTimeField("签名时间")

    class Meta:
        verbose_name = "签名"
        constraints = [
            models.CheckConstraint(
                condition=Q(photo__isnull=False) | ~Q(strokes=[]),
                name="signature_is_drawn_or_photographed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.signer_name} {self.signed_at:%Y-%m-%d %H:%M}"
