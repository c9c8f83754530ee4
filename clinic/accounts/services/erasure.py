"""Erases a patient's account: what says who they are goes, what the law makes us keep stays.

At once and for good. A period for changing one's mind would keep the data longer than anybody
wants, and whoever asks has given their password, or stands at the desk.
"""

import uuid

from django.contrib.admin.models import LogEntry
from django.db import transaction

from clinic.accounts.choices import LabelChoice, Language, Role
from clinic.accounts.errors import Code
from clinic.accounts.events import PatientErased, ProfileChanged
from clinic.accounts.models import ERASED_NAME, Session, User
from clinic.accounts.principals import actor_of
from clinic.accounts.services.sessions import revoke_sessions, verify_credentials
from clinic.core import audit, clock, events, idempotency
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError


def erase_own_account(user: User, *, password: str, address: str, device: str = "") -> None:
    """At the patient's own wish. Raises DomainError `wrong_password`, `throttled` after too many
    wrong passwords, and what `erase_patient` raises."""
    try:
        verify_credentials(
            username=user.username, password=password, address=address, device=device
        )
    except DomainError as error:
        if error.code == Code.INVALID_CREDENTIALS:
            raise DomainError(Code.WRONG_PASSWORD, pointer="/password") from error
        raise
    erase_patient(user.pk, actor=actor_of(user))


def erase_patient(patient_id: uuid.UUID, *, actor: Actor) -> None:
    """Erase everything that says who a patient is, in all apps or in none. Safe to repeat.

    The row stays, without a name, since documents, payments and visits point at it. Raises
    DomainError `not_found` for anybody but a patient, and the DomainError of a subscriber that
    refuses.
    """
    with transaction.atomic():
        found = User.objects.select_for_update(no_key=True).filter(role=Role.PATIENT)
        user = found.filter(pk=patient_id).first()
        if user is None:
            raise DomainError(CoreCode.NOT_FOUND)
        if user.erased_at is not None:
            return
        # Searches through whole tables come first: nobody else waits for these rows.
        idempotency.forget([user.pk])
        # The administration site logs the username with each change of an account.
        written = LogEntry.objects.filter(content_type__app_label="accounts")
        written.filter(object_id=str(user.pk)).update(object_repr="")
        events.announce(PatientErased(user.pk, actor))
        revoke_sessions(user.pk, actor=actor, reason="account_erased")
        Session.objects.filter(user=user).delete()
        user.codes.all().delete()
        _make_nobody(user)
        audit.record("account.erased", actor=actor, subject=user, patient_id=user.pk)
        events.announce(ProfileChanged(user.pk))


def _make_nobody(user: User) -> None:
    user.username = f"erased-{uuid.uuid4().hex}"
    user.set_unusable_password()
    user.last_login = None
    user.full_name = ERASED_NAME
    user.email = user.phone = ""
    user.phone_verified_at = user.email_verified_at = None
    user.birth_date = user.birth_date_decided_at = None
    user.language = Language.PORTUGUESE
    user.label_choice = LabelChoice.SHORT
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = clock.now()
    user.save()
