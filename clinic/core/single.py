"""Models that have at most one row, whoever writes: settings, counters, marks."""

from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Q

NUMBER = 1


class SingleRow(models.Model):
    """The database refuses a second row: put `only_one` into a subclass's `constraints`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=NUMBER, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def the(cls) -> Self | None:
        """The row, or None while there is none."""
        return cls._default_manager.filter(pk=NUMBER).first()


def only_one(name: str) -> CheckConstraint:
    return CheckConstraint(condition=Q(id=NUMBER), name=name)
