"""The groups of the published API, in the order of a clinic's day."""

from typing import Final

_TAGS: Final = {
    "catalogue": "What can be booked, with whom and where. Open to everybody.",
    "accounts": "Registering, logging in, and what a person may do with their own account.",
    "booking": "Free times, and a patient's own appointments.",
    "checkout": "Paying, for whoever holds an appointment's link.",
    "invoices": "Invoices and credit notes, and the details kept for the next one.",
    "webhooks": "Where payment providers tell what happened.",
    "recognition": "Consent and enrolment of a face, and checking in at a kiosk.",
    "visits": "One visit on the day, for whoever holds the link of its confirmation.",
    "board": "What the waiting room shows.",
    "announcements": "What the waiting room says.",
    "devices": "Displays and kiosks: pairing, settings and state.",
    "staff": "The desk, the treatment rooms and the manager's day.",
    "money": "The manager's money: payments, refunds, issues, series and books.",
    "sandbox": "The stage of the demo: a phone, a mailbox and a bank. Never in production.",
}
TAGS: Final = [{"name": name, "description": text} for name, text in _TAGS.items()]
