"""Who hears what: every subscription of the product, on one page.

`now` runs in the writer's transaction and commits or fails with it; `commit` runs after it.
"""

import billing.payments.screens
import recognition.screens
from billing.invoicing import subscribers as invoicing_subscribers
from billing.payments import subscribers as payments_subscribers
from billing.payments.events import PaymentChanged
from booking import subscribers as booking_subscribers
from booking.events import AppointmentCancelled, AppointmentExpired, VisitChanged, WaitsChanged
from clinic.accounts.events import (
    ContactChanged,
    DeviceRevoked,
    DisplayChanged,
    PasswordChanged,
    PatientErased,
    ProfileChanged,
    SecretMade,
    SessionRevoked,
)
from clinic.core.events import subscribe
from clinic.notifications import subscribers as notifications_subscribers
from realtime import publish
from recognition import subscribers as recognition_subscribers
from recognition.events import CheckInDecided


def wire() -> None:
    """Connect the apps. Called once, when all of them are loaded."""
    # A hold that ends takes its open payments with it; money that was paid may go back.
    subscribe(AppointmentExpired, payments_subscribers.on_appointment_expired, when="now")
    subscribe(AppointmentCancelled, payments_subscribers.on_appointment_cancelled, when="now")

    # Codes and links leave with the change that made them, and so does a warning to the owner.
    subscribe(SecretMade, notifications_subscribers.on_secret_made, when="now")
    subscribe(ContactChanged, notifications_subscribers.on_contact_changed, when="now")
    subscribe(PasswordChanged, notifications_subscribers.on_password_changed, when="now")

    # A new choice of name reaches the screens while the person is waiting.
    subscribe(ProfileChanged, booking_subscribers.on_profile_changed, when="now")

    # What people see follows each commit.
    subscribe(VisitChanged, publish.on_visit_changed, when="commit")
    subscribe(WaitsChanged, publish.on_waits_changed, when="commit")
    subscribe(
        PaymentChanged,
        publish.on_payment_changed(billing.payments.screens.frame),
        when="commit",
    )
    subscribe(
        CheckInDecided,
        publish.on_check_in_decided(recognition.screens.check_in_frame),
        when="commit",
    )

    # A patient is erased everywhere or nowhere. First come those who may refuse without a lock;
    # then the money, whose locks come before those of the appointments; then everything else.
    subscribe(PatientErased, booking_subscribers.refuse_visits_ahead, when="now")
    subscribe(PatientErased, payments_subscribers.on_patient_erased, when="now")
    subscribe(PatientErased, invoicing_subscribers.on_patient_erased, when="now")
    subscribe(PatientErased, booking_subscribers.on_patient_erased, when="now")
    subscribe(PatientErased, recognition_subscribers.on_patient_erased, when="now")
    subscribe(PatientErased, notifications_subscribers.on_patient_erased, when="now")

    # A display follows its settings.
    subscribe(DisplayChanged, publish.on_display_changed, when="commit")

    # A credential that ends closes its sockets.
    subscribe(SessionRevoked, publish.on_session_revoked, when="commit")
    subscribe(DeviceRevoked, publish.on_device_revoked, when="commit")
