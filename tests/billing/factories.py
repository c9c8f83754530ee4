"""Minimal valid objects of the clinic, as billing's tests need them."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from rest_framework.test import APIClient

from billing.payments.models import CustomerKind, Method, Payment
from billing.payments.providers import sandbox
from billing.payments.services import checkout
from billing.payments.services.checkout import Customer, Order
from booking.links import checkout_token
from booking.models import Appointment
from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.config.celery import app as celery
from clinic.core import clock, outbox
from clinic.core.models import OutboxMessage
from clinic.directory.models import Organization, Patient, Practitioner, Room, Specialty
from clinic.directory.services import install_catalogue
from tests.answers import Answer

TAX_ID = "123456789"
_codes = count(1)


def clinic() -> Organization:
    install_catalogue()
    organization, _ = Organization.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Clínica Vez",
            "legal_name": "Vez Fisioterapia, Lda.",
            "tax_id": "510123457",
            "address_line": "Rua do Exemplo, 12",
            "postal_code": "1200-001",
            "city": "Lisboa",
            "phone": "+351210000000",
            "email": "ola@vez.example",
        },
    )
    return organization


def user(username: str, role: str = Role.PATIENT, **fields: Any) -> User:
    values = {"full_name": "Ana Margarida", "email": f"{username}@example.org", **fields}
    return User.objects.create_user(username, role=role, **values)


def patient(username: str = "ana", **fields: Any) -> Patient:
    return Patient.objects.get(pk=user(username, **fields).pk)


def appointment(owner: Patient, specialty: str = "massage", **fields: Any) -> Appointment:
    """A held slot that nobody has paid yet, in a room and with a practitioner of its own."""
    number = next(_codes)
    room = Room.objects.create(name=f"R{number}")
    practitioner = Practitioner.objects.create(name=f"Rui {number}", room=room)
    offered = Specialty.objects.get(pk=specialty)
    start = datetime(2030, 1, 7, 10, tzinfo=UTC) + timedelta(hours=number)
    moment = clock.now()
    return Appointment.objects.create(
        **{
            "patient": owner,
            "specialty": offered,
            "practitioner": practitioner,
            "room": room,
            "start": start,
            "end": start + timedelta(minutes=offered.duration_minutes),
            "price": offered.price,
            "vat_rate": offered.vat_rate,
            "vat_exemption": offered.vat_exemption,
            "hold_expires_at": moment + timedelta(minutes=15),
            "check_in_code": f"C{number:05d}",
            "created_at": moment,
            **fields,
        }
    )


FINAL_CONSUMER = Customer(kind=CustomerKind.FINAL_CONSUMER)


def multibanco(held: Appointment, customer: Customer = FINAL_CONSUMER) -> Payment:
    return checkout.start(held.pk, Order(method=Method.MULTIBANCO, customer=customer))


def mb_way(held: Appointment, phone: str = "+351912345678") -> Payment:
    return checkout.start(
        held.pk, Order(method=Method.MB_WAY, customer=FINAL_CONSUMER, phone=phone)
    )


def payments_url(held: Appointment) -> str:
    return f"/api/checkout/{checkout_token(held)}/payments"


def notice(payment: Payment, **changes: Any) -> dict[str, Any]:
    """What the bank would say about this payment."""
    return {
        "event_id": str(uuid4()),
        "type": "paid",
        "payment_id": str(payment.id),
        "method": payment.method,
        "entity": payment.entity,
        "reference": payment.reference,
        "request_id": payment.request_id,
        "amount": f"{payment.amount:.2f}",
        "currency": "EUR",
        "occurred_at": clock.now().isoformat(),
        **changes,
    }


WEBHOOK = "/api/webhooks/payments/sandbox"


def send(client: APIClient, body: dict[str, Any] | bytes, **headers: str) -> Answer:
    """Post a notice as the bank does; pass X-Signature to sign it otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-Signature": sandbox.sign(raw), **headers}
    return client.post(WEBHOOK, data=raw, content_type="application/json", headers=headers)


def drain(rounds: int = 10) -> list[str]:
    """Run what is due in the outbox, and what that leads to; gives the tasks in order."""
    celery.loader.import_default_modules()
    done: list[str] = []
    tried: set[UUID] = set()
    for _ in range(rounds):
        due = OutboxMessage.objects.filter(
            done_at__isnull=True, failed_at__isnull=True, next_at__lte=clock.now()
        ).exclude(pk__in=tried)
        messages = list(due.order_by("created_at"))
        if not messages:
            break
        for message in messages:
            tried.add(message.pk)
            if outbox.run(message.pk):
                done.append(message.task)
    return done


def amount(text: str) -> Decimal:
    return Decimal(text)
