"""What the clinic asks of people who check in by face."""

from django.db import transaction
from django.db.models import Exists

from clinic.core import audit
from clinic.core.audit import Actor
from recognition.models import CheckInRules

# To be part of another query, so that a kiosk's answer needs no second one.
ALWAYS_CONFIRM = Exists(CheckInRules.objects.filter(always_confirm=True))


def rules() -> CheckInRules:
    """The rules in force: a second factor if the match isn't sure, unless the manager chose
    always."""
    return CheckInRules.the() or CheckInRules()


@transaction.atomic
def change(*, always_confirm: bool, actor: Actor) -> CheckInRules:
    """Choose whether a second factor is always asked, from the next answer on."""
    CheckInRules.objects.bulk_create([CheckInRules()], ignore_conflicts=True)
    current = CheckInRules.objects.select_for_update().get(pk=1)
    if current.always_confirm != always_confirm:
        current.always_confirm = always_confirm
        current.save(update_fields=["always_confirm"])
        audit.record(
            "recognition.rules_changed",
            actor=actor,
            subject=current,
            always_confirm=always_confirm,
        )
    return current
