"""Text columns that keep to the rule of `clinic.core.text`, whoever writes them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import BooleanField, CheckConstraint, Func, Q

from clinic.core import clock, text

# Django's own classes take type parameters in the stubs only.
if TYPE_CHECKING:
    CharField = models.CharField[Any, str]
else:
    CharField = models.CharField


class LineColumn(CharField):
    """One line. A form shows what is wrong; any other save raises ValidationError."""

    rule = staticmethod(text.line)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(self._by_the_rule(value), model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self._by_the_rule(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """To the database it is an ordinary column."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def _by_the_rule(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.rule(value)
        except text.UnprintableError as error:
            raise ValidationError("Plain text only.", code="control_characters") from error


class NoteColumn(LineColumn):
    """One line or more."""

    rule = staticmethod(text.note)


class IsPlainLine(Func):
    """The rule for characters, for the database, by the function of the same name there."""

    function = "is_plain_line"
    output_field = BooleanField()


class IsPlainNote(IsPlainLine):
    function = "is_plain_note"


def in_our_years(name: str, *columns: str) -> CheckConstraint:
    """A constraint: none of these moments or days is in a year that can only be a mistake."""
    begin = datetime(clock.YEARS.start, 1, 1, tzinfo=UTC)
    end = datetime(clock.YEARS.stop, 1, 1, tzinfo=UTC)
    condition = Q()
    for column in columns:
        condition &= Q(**{f"{column}__gte": begin, f"{column}__lt": end})
    return CheckConstraint(condition=condition, name=name)


def plain(name: str, *columns: str, rule: type[IsPlainLine] = IsPlainLine) -> CheckConstraint:
    """A constraint: none of these columns holds a forbidden character."""
    condition = Q()
    for column in columns:
        condition &= Q(rule(column))
    return CheckConstraint(condition=condition, name=name)
