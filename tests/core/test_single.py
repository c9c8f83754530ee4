import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.models import LearnedTimes
from clinic.core.single import SingleRow

SINGLE = [model for model in apps.get_models() if issubclass(model, SingleRow)]


@pytest.mark.parametrize("model", SINGLE, ids=lambda model: model.__name__)
def test_the_database_holds_each_to_one_row(model: type[SingleRow]) -> None:
    conditions = [str(getattr(one, "condition", "")) for one in model._meta.constraints]

    assert "(AND: ('id', 1))" in conditions


@pytest.mark.django_db
def test_there_is_none_then_one_and_never_a_second() -> None:
    assert LearnedTimes.the() is None
    first = LearnedTimes.objects.create(figures={}, learned_at=timezone.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        LearnedTimes.objects.create(pk=2, figures={}, learned_at=timezone.now())

    assert LearnedTimes.the() == first
    assert LearnedTimes.objects.count() == 1
