"""What the demo remembers of itself."""

from django.db import models
from django.db.models import Q


class DemoDay(models.Model):
    """The civil day that the demo data show."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    day = models.DateField()
    filled = models.BooleanField(help_text="False when the demo was started empty")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="demo_day_single"),)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
