"""What the demo remembers about itself."""

from django.db import models

from clinic.core.single import SingleRow, only_one


class DemoDay(SingleRow):
    """The civil day that the demo data show."""

    day = models.DateField()
    filled = models.BooleanField(help_text="False when the demo was started empty")

    class Meta:
        constraints = (only_one("demo_day_single"),)

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
