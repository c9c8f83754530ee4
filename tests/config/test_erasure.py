"""A patient has their account erased: what says who they are is nowhere any more but on documents.

The whole database is looked through, table by table, as PostgreSQL itself writes its rows out. The
pretended phone, mailbox and bank of the sandbox are somebody else's, and left out.
"""

import io
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoiceDocument, KeptInvoiceDetails
from billing.invoicing.services import details, invoices
from billing.manager import selectors as money
from billing.payments.models import (
    CustomerKind,
    IssueKind,
    Method,
    Payment,
    PaymentIssue,
    Refund,
    WebhookDelivery,
)
from billing.payments.services import checkout, issues, refunds
from billing.payments.services.checkout import Customer, Order
from booking.models import Appointment
from booking.services import changes, holds, visit
from clinic.accounts import services as accounts
from clinic.accounts.choices import Purpose
from clinic.accounts.events import PatientErased, SessionRevoked
from clinic.accounts.models import Session, User
from clinic.accounts.principals import actor_of
from clinic.core import clock, events
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry, OutboxMessage, RateWindow
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from recognition.models import Consent, Enrolment
from recognition.models import Picture as FacePicture
from recognition.services import enrolment
from tests.billing.bank import Bank, open_bank
from tests.billing.factories import drain, notice, send
from tests.conftest import SETUP, Clinic, person

PASSWORD = "Chave-comprida-17"
NAME, EMAIL, PHONE, BORN = (
    "Kanaria Testemunha",
    "kanaria@vez.example",
    "+351919876543",
    date(1979, 8, 17),
)
FORMER_EMAIL, FORMER_PHONE, BUYER_EMAIL, NIF = (
    "antiga@vez.example",
    "+351919111222",
    "contas@vez.example",
    "278945619",
)
ADDRESS, USERNAME, BROWSER = "Travessa do Segredo, 7", "kanaria.t", "Kanarienbrowser/1.0"
CANARIES = (
    *("Kanaria", "Testemunha", EMAIL, PHONE[4:], BORN.isoformat()),
    *(FORMER_EMAIL, FORMER_PHONE[4:], BUYER_EMAIL, NIF, ADDRESS, USERNAME, BROWSER),
)
FISCAL = {"billing_invoice"}

# Visits are made for some hours from now and must end on the day on which they begin.
pytestmark = pytest.mark.usefixtures("midday")


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Callable[[], list[str]]:
    """A private storage of the test's own; the first folder of every file that is in it."""
    location = tmp_path / "private"
    settings.STORAGES = {
        **django_settings.STORAGES,
        "private": {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(location), "base_url": None},
        },
    }
    return lambda: sorted(
        path.relative_to(location).parts[0] for path in location.rglob("*") if path.is_file()
    )


@pytest.fixture
def bank(settings: Settings) -> Iterator[Bank]:
    with open_bank() as bank:
        settings.SANDBOX_BANK_URL = bank.url
        yield bank


@pytest.fixture
def kanaria(clinic: Clinic) -> Patient:
    user = person(
        USERNAME,
        NAME,
        "patient",
        password=PASSWORD,
        email=FORMER_EMAIL,
        phone=FORMER_PHONE,
        birth_date=BORN,
    )
    return Patient.objects.get(pk=user.pk)


@pytest.fixture
def browser(kanaria: Patient) -> APIClient:
    """Where Kanaria is logged in."""
    client = APIClient(enforce_csrf_checks=True)
    token = client.get("/api/auth/csrf").json()["csrf_token"]
    client.credentials(HTTP_X_CSRFTOKEN=token, HTTP_USER_AGENT=BROWSER)
    answer = client.post("/api/auth/login", {"username": USERNAME, "password": PASSWORD})
    assert answer.status_code == 200
    return client


def erase(browser: APIClient, password: str = PASSWORD) -> Any:
    return browser.post("/api/me/erasure", {"password": password})


def confirm_phone(patient: Patient) -> None:
    """Kanaria asks for a code and types what the message says."""
    accounts.send_code(patient, Purpose.PHONE, address="192.0.2.1")
    message = Message.objects.filter(key__contains=":phone:").latest("created_at")
    accounts.verify(patient, Purpose.PHONE, re.findall(r"[0-9]{6}", message.body)[0])


def held(patient: Patient, clinic: Clinic, hours: int) -> Appointment:
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    return holds.hold(
        patient=patient,
        specialty_code="massage",
        practitioner_id=clinic.sousa.id,
        start=start,
        actor=SETUP,
    )


def paid(appointment: Appointment, method: Method = Method.MULTIBANCO, **told: Any) -> Payment:
    customer = Customer(
        kind=CustomerKind.TAXPAYER, tax_id=NIF, name=NAME, address=ADDRESS, email=BUYER_EMAIL
    )
    phone = PHONE if method == Method.MB_WAY else ""
    payment = checkout.start(appointment.pk, Order(method=method, customer=customer, phone=phone))
    assert send(APIClient(), notice(payment, **told)).status_code == 200
    drain()
    payment.refresh_from_db()
    assert payment.status == "paid"
    return payment


def tables_with_a_canary() -> set[str]:
    """Each table outside the sandbox of which a row, written out, has one of the canaries."""
    words = [f"%{word}%" for word in CANARIES]
    words += [f"%{word.encode().hex()}%" for word in CANARIES]
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("sandbox_"):
                continue
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text ILIKE ANY(%s)',
                [words],
            )
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def a_life_at_the_clinic(
    browser: APIClient, patient: Patient, clinic: Clinic, bank: Bank, rita: User, marta: User
) -> None:
    """All that the product ever writes down about somebody."""
    reception, manager = actor_of(rita), actor_of(marta)
    desk = APIClient()
    desk.force_authenticate(rita)
    bank.will(201, {"refund_id": "f-1"})
    with time_machine.travel(clock.now() - timedelta(days=3), tick=True):
        seen = held(patient, clinic, 1)
        paid(seen, payer={"name": NAME, "phone": PHONE})
        accounts.update_profile(patient, {"email": EMAIL, "phone": PHONE})
        confirm_phone(patient)
        given_back = held(patient, clinic, 80)
        paid(given_back, Method.MB_WAY, request_id="push-1")
        never_paid = held(patient, clinic, 5)
        checkout.start(
            never_paid.pk,
            Order(
                method=Method.MB_WAY,
                customer=Customer(kind=CustomerKind.FINAL_CONSUMER, email=BUYER_EMAIL),
                phone=PHONE,
            ),
        )
        changes.cancel(never_paid.pk, actor=actor_of(patient))
    with time_machine.travel(seen.start, tick=True):
        visit.arrive(seen.pk, actor=reception)
        visit.call(seen.pk, actor=reception)
        visit.start(seen.pk, actor=reception)
        visit.finish(seen.pk, actor=reception)
    visit.write_note(seen.pk, note=f"{NAME} vem com a irmã.", actor=reception)
    changes.choose_label(given_back.pk, choice="full", actor=actor_of(patient))
    changes.cancel(given_back.pk, actor=reception, by_clinic=True)
    booked = desk.post(
        "/api/staff/appointments",
        {
            "patient": str(patient.pk),
            "specialty": "massage",
            "practitioner": str(clinic.reis.pk),
            "start": (clock.now() + timedelta(days=5)).isoformat(),
        },
        HTTP_IDEMPOTENCY_KEY="desk",
    )
    assert booked.status_code == 201
    changes.cancel(booked.json()["id"], actor=reception, by_clinic=True)
    drain()
    payment = Payment.objects.get(appointment=seen)
    issues.open_about("x", IssueKind.UNRECONCILED, payment=payment, reason=f"Cliente {NAME}")
    issues.settle_one(PaymentIssue.objects.get().pk, note=f"Falei com {NAME}.", actor=manager)
    Refund.objects.update(reason=f"A pedido de {NAME}")
    details.keep(patient.pk, tax_id=NIF, name=NAME, address=ADDRESS, actor=actor_of(patient))
    photo = io.BytesIO()
    Image.new("RGB", (8, 8)).save(photo, "JPEG")
    enrolment.begin(
        patient_id=patient.pk, jpegs=[photo.getvalue()], language="pt", actor=actor_of(patient)
    )
    LogEntry.objects.create(
        user=marta,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(patient.pk),
        object_repr=USERNAME,
        action_flag=CHANGE,
    )


@pytest.mark.django_db(transaction=True)
def test_afterwards_only_the_documents_say_who_it_was(
    browser: APIClient,
    kanaria: Patient,
    clinic: Clinic,
    bank: Bank,
    rita: User,
    marta: User,
    log: io.StringIO,
    files: Callable[[], list[str]],
) -> None:
    a_life_at_the_clinic(browser, kanaria, clinic, bank, rita, marta)
    assert tables_with_a_canary() == {
        *("accounts_user", "accounts_session", "accounts_onetimecode", "django_admin_log"),
        *("core_idempotentrequest",),
        *("billing_payment", "billing_keptinvoicedetails", "billing_webhookdelivery"),
        *("billing_paymentissue", "billing_refund", "billing_invoice"),
        *("booking_appointment", "notifications_message"),
    }
    documents = list(Invoice.objects.order_by("pk").values())
    stored = list(InvoiceDocument.objects.order_by("pk").values())
    assert (len(documents), "faces" in files()) == (3, True)
    ledger = ("id", "status", "amount", "paid_at", "transaction_id", "appointment_id")
    sums = list(Payment.objects.order_by("pk").values(*ledger))
    times = list(Appointment.objects.order_by("pk").values("start", "started_at", "ended_at"))

    answer = erase(browser)

    assert answer.status_code == 204
    assert tables_with_a_canary() == FISCAL
    assert [word for word in CANARIES if word in log.getvalue()] == []
    assert "faces" not in files()
    assert list(Invoice.objects.order_by("pk").values()) == documents
    assert list(InvoiceDocument.objects.order_by("pk").values()) == stored
    assert NAME in {document["customer_name"] for document in documents}
    assert list(Payment.objects.order_by("pk").values(*ledger)) == sums
    assert list(Appointment.objects.order_by("pk").values("start", "started_at", "ended_at")) == (
        times
    )
    call_command("verify_invoices")
    (entry,) = AuditEntry.objects.filter(action="account.erased")
    assert (entry.patient_id, entry.actor_id, entry.data) == (kanaria.pk, str(kanaria.pk), {})

    drain()

    assert tables_with_a_canary() == FISCAL
    assert [word for word in CANARIES if word in log.getvalue()] == []
    assert not OutboxMessage.objects.filter(failed_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_the_login_ends_and_nobody_comes_in_again(browser: APIClient, kanaria: Patient) -> None:
    revoked: list[SessionRevoked] = []
    events.subscribe(SessionRevoked, revoked.append, when="now")
    try:
        answer = erase(browser)
    finally:
        events._now[SessionRevoked].remove(revoked.append)

    assert answer.status_code == 204
    assert [event.user_id for event in revoked] == [kanaria.pk]
    assert not Session.objects.filter(user=kanaria).exists()
    assert answer.cookies[django_settings.ACCESS_COOKIE].value == ""
    assert browser.get("/api/auth/me").status_code == 401
    again = browser.post("/api/auth/login", {"username": USERNAME, "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (401, "invalid_credentials")


@pytest.mark.django_db
def test_a_wrong_password_erases_nothing(browser: APIClient, kanaria: Patient) -> None:
    before = User.objects.filter(pk=kanaria.pk).values().get()

    answer = erase(browser, "Outra-chave-comprida")

    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_password")
    assert answer.json()["errors"][0]["pointer"] == "/password"
    assert User.objects.filter(pk=kanaria.pk).values().get() == before
    assert browser.get("/api/auth/me").status_code == 200


@pytest.mark.django_db
def test_an_appointment_ahead_is_called_off_first(
    browser: APIClient, kanaria: Patient, clinic: Clinic, bank: Bank
) -> None:
    bank.will(201, {"refund_id": "f-1"})
    ahead = held(kanaria, clinic, 72)
    payment = paid(ahead)
    before = User.objects.filter(pk=kanaria.pk).values().get()

    refused = erase(browser)

    assert (refused.status_code, refused.json()["code"]) == (409, "visits_ahead")
    assert User.objects.filter(pk=kanaria.pk).values().get() == before

    assert browser.post(f"/api/appointments/{ahead.pk}/cancel").status_code == 200
    too_soon = erase(browser)
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "money_unsettled")
    drain()

    assert erase(browser).status_code == 204
    payment.refresh_from_db()
    assert (payment.status, payment.customer_name) == ("refunded", "")
    assert sorted(Invoice.objects.values_list("document_type", "customer_name")) == [
        ("FR", NAME),
        ("NC", NAME),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("left", ["document", "issue", "refund"])
def test_money_on_its_way_is_waited_for(
    browser: APIClient, kanaria: Patient, clinic: Clinic, marta: User, left: str
) -> None:
    appointment = held(kanaria, clinic, 72)
    payment = paid(appointment)
    Appointment.objects.filter(pk=appointment.pk).update(status="cancelled", closed_at=clock.now())
    if left == "document":
        InvoiceDocument.objects.all().delete()
    elif left == "issue":
        issues.open_about("x", IssueKind.DUPLICATE, payment=payment)
    else:
        refunds.give_back(payment.pk, actor=actor_of(marta), reason="Engano")

    answer = erase(browser)

    assert (answer.status_code, answer.json()["code"]) == (409, "money_unsettled")
    kanaria.refresh_from_db()
    payment.refresh_from_db()
    assert (kanaria.full_name, payment.customer_name) == (NAME, NAME)
    assert Message.objects.filter(to=BUYER_EMAIL).exists()


@pytest.mark.django_db
def test_money_that_comes_afterwards_is_the_managers_to_deal_with(
    browser: APIClient, kanaria: Patient, clinic: Clinic, bank: Bank
) -> None:
    bank.will(409, {"error": "no account"})
    appointment = held(kanaria, clinic, 72)
    order = Order(method=Method.MULTIBANCO, customer=Customer(kind=CustomerKind.FINAL_CONSUMER))
    payment = checkout.start(appointment.pk, order)
    with time_machine.travel(clock.now() + timedelta(minutes=20), tick=True):
        assert holds.expire_due() == 1
        drain()
        told = Message.objects.count()
        assert browser.post("/api/auth/refresh").status_code == 200
        assert erase(browser).status_code == 204

        assert send(APIClient(), notice(payment)).status_code == 200
        drain()

        appointment.refresh_from_db()
        payment.refresh_from_db()
        assert (payment.status, appointment.status) == ("paid", "expired")
        assert Invoice.objects.count() == 0
        assert Message.objects.count() == told
        (late,) = money.issues(settled=False).filter(kind="late")
        assert late.payment == payment
        (failed,) = money.issues(settled=False).filter(kind="refund_failed")
        assert failed.payment is not None
        payment.provider = failed.payment.provider = "gone"
        assert money.suggestion(failed) == "unreachable"
        assert tables_with_a_canary() == set()


@pytest.mark.django_db
def test_the_payment_that_still_waited_is_closed_with_the_account(
    browser: APIClient, kanaria: Patient, clinic: Clinic
) -> None:
    appointment = held(kanaria, clinic, 72)
    order = Order(
        method=Method.MB_WAY,
        customer=Customer(kind=CustomerKind.FINAL_CONSUMER),
        phone=PHONE,
    )
    payment = checkout.start(appointment.pk, order)
    # Closed by hand, as no cancellation leaves a payment open.
    Appointment.objects.filter(pk=appointment.pk).update(status="cancelled", closed_at=clock.now())

    assert erase(browser).status_code == 204
    drain()

    payment.refresh_from_db()
    assert (payment.status, payment.reason, payment.phone) == ("expired", "hold_ended", "")
    # Whoever wears a phone out with requests doesn't begin anew as somebody else.
    asked = RateWindow.objects.get(scope="mb_way")
    assert (asked.hits, PHONE in asked.subject) == (1, False)


@pytest.mark.django_db(transaction=True)
def test_what_breaks_half_way_leaves_everything(
    browser: APIClient, kanaria: Patient, clinic: Clinic, bank: Bank, rita: User, marta: User
) -> None:
    a_life_at_the_clinic(browser, kanaria, clinic, bank, rita, marta)
    before = tables_with_a_canary()
    copies = {model: list(model.objects.values()) for model in (Payment, Message, Appointment)}

    class KilledError(BaseException):
        """As a process that is killed: nobody catches it."""

    def die(event: PatientErased) -> None:
        raise KilledError

    events.subscribe(PatientErased, die, when="now")
    try:
        with pytest.raises(KilledError):
            accounts.erase_patient(kanaria.pk, actor=actor_of(rita))
    finally:
        events._now[PatientErased].remove(die)

    assert tables_with_a_canary() == before
    assert {model: list(model.objects.values()) for model in copies} == copies
    assert not AuditEntry.objects.filter(action="account.erased").exists()
    assert FacePicture.objects.exclude(enrolment=None).count() == 1
    assert Enrolment.objects.get().status == "processing"

    accounts.erase_patient(kanaria.pk, actor=actor_of(rita))
    assert tables_with_a_canary() == FISCAL


@pytest.mark.django_db
def test_the_reception_erases_who_asks_for_it_at_the_desk_and_again_changes_nothing(
    client_of: Callable[[User], APIClient], kanaria: Patient, bruno: Patient, rita: User
) -> None:
    desk = client_of(rita)
    path = f"/api/staff/patients/{kanaria.pk}/erasure"

    first = desk.post(path)
    row = User.objects.filter(pk=kanaria.pk).values().get()
    second = desk.post(path)

    assert (first.status_code, second.status_code) == (204, 204)
    assert User.objects.filter(pk=kanaria.pk).values().get() == row
    (entry,) = AuditEntry.objects.filter(action="account.erased")
    assert (entry.actor_id, entry.actor_role) == (str(rita.pk), "reception")
    found = desk.get("/api/staff/patients", {"search": "Kanaria"}).json()
    assert (found, Patient.objects.get(pk=bruno.pk).full_name) == ([], "Bruno Dias")


@pytest.mark.django_db
def test_nobody_of_the_staff_is_erased(
    client_of: Callable[[User], APIClient], rita: User, marta: User
) -> None:
    answer = client_of(rita).post(f"/api/staff/patients/{marta.pk}/erasure")

    marta.refresh_from_db()
    assert (answer.status_code, marta.full_name) == (404, "Marta Lopes")


def in_transaction(service: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    with transaction.atomic():
        service(*args, **kwargs)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["profile", "face", "details", "hold", "password"])
def test_what_was_begun_before_does_not_bring_anything_back(
    kanaria: Patient, clinic: Clinic, rita: User, deed: str
) -> None:
    """A request that was let in a moment before the erasure, and does its work a moment after."""
    actor = actor_of(kanaria)
    session = Session.objects.create(
        user=kanaria,
        jti="00000000-0000-0000-0000-000000000001",
        created_at=clock.now(),
        last_seen_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )
    photo = io.BytesIO()
    Image.new("RGB", (8, 8)).save(photo, "JPEG")
    deeds: dict[str, Callable[[], object]] = {
        "profile": lambda: accounts.update_profile(kanaria, {"full_name": NAME}),
        "face": lambda: enrolment.begin(
            patient_id=kanaria.pk, jpegs=[photo.getvalue()], language="pt", actor=actor
        ),
        "details": lambda: details.keep(
            kanaria.pk, tax_id=NIF, name=NAME, address=ADDRESS, actor=actor
        ),
        "hold": lambda: held(kanaria, clinic, 48),
        "password": lambda: in_transaction(accounts.password_was_reset, kanaria, actor=actor),
    }
    refused: list[str] = []

    def afterwards() -> None:
        try:
            deeds[deed]()
        except DomainError as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    with transaction.atomic():
        accounts.erase_patient(kanaria.pk, actor=actor_of(rita))
        late = threading.Thread(target=afterwards)
        late.start()
        late.join(0.5)
    late.join()

    assert (
        refused
        == {
            "profile": ["session_ended"],
            "face": ["unknown_patient"],
            "details": ["unknown_patient"],
            "hold": ["unknown_patient"],
            "password": [],
        }[deed]
    )
    assert tables_with_a_canary() == set()
    assert not Session.objects.filter(pk=session.pk).exists()
    assert (Consent.objects.count(), KeptInvoiceDetails.objects.count()) == (0, 0)
    assert Appointment.objects.count() == 0


@pytest.mark.django_db
def test_an_invoice_says_until_when_it_is_kept(
    browser: APIClient, kanaria: Patient, clinic: Clinic
) -> None:
    paid(held(kanaria, clinic, 72))

    (invoice,) = browser.get("/api/invoices").json()["results"]

    assert invoice["kept_until"] == f"{clock.today().year + 10}-12-31"
    assert invoices.invoice_of(Payment.objects.get()) is not None


def test_a_long_history_goes_in_as_few_statements_as_a_short_one(clinic: Clinic) -> None:
    """Given tables of everybody's, none is gone through once for each visit or payment."""
    written = {}
    for count in (2, 20):
        patient = Patient.objects.get(pk=person(f"with-{count}", NAME, "patient", phone=PHONE).pk)
        with_history(patient, clinic, count)
        with CaptureQueriesContext(connection) as statements:
            accounts.erase_patient(patient.pk, actor=SETUP)
        written[count] = Counter(
            each["sql"].split(" SET ")[0] for each in statements if each["sql"].startswith("UPDATE")
        )

    assert written[20] == written[2]
    assert written[2]['UPDATE "booking_appointment"'] == 1
    assert not Appointment.objects.exclude(note="").exists()
    assert not Payment.objects.exclude(phone="").exists()
    assert not Message.objects.exclude(body="").exists()
    assert not WebhookDelivery.objects.exclude(body={}).exists()
    assert AuditEntry.objects.filter(action="appointment.erased").count() == 22


def with_history(patient: Patient, clinic: Clinic, count: int) -> None:
    """Visits of last year that were called off, with a word about each, a push that nobody
    answered, and the message that told of it."""
    then = clock.now() - timedelta(days=365)
    model = held(patient, clinic, 2)
    Appointment.objects.filter(pk=model.pk).update(
        status="cancelled", closed_at=then, start=then, end=then + timedelta(hours=1), note=NAME
    )
    model.refresh_from_db()
    visits = [model]
    for number in range(1, count):
        visit_of_then = Appointment.objects.get(pk=model.pk)
        visit_of_then.pk = uuid4()
        visit_of_then.check_in_code = f"{number:06d}"
        visits.append(visit_of_then)
    Appointment.objects.bulk_create(visits[1:])
    Payment.objects.bulk_create(
        Payment(
            appointment=each,
            patient=patient,
            method="mb_way",
            phone=PHONE,
            status="expired",
            amount=each.price,
            provider="sandbox",
            request_state="accepted",
            customer_kind="final_consumer",
            created_at=then,
            expires_at=then,
            closed_at=then,
        )
        for each in visits
    )
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            provider="sandbox",
            sha256=each.order_id,
            verified=True,
            body={"orderId": each.order_id, "payer": NAME},
            received_at=then,
            processed_at=then,
        )
        for each in Payment.objects.filter(patient=patient)
    )
    Message.objects.bulk_create(
        Message(
            key=f"appointment:{each.pk}:cancelled",
            channel="sms",
            template="appointment_cancelled",
            language="pt",
            to=PHONE,
            body=NAME,
            status="sent",
            created_at=then,
            sent_at=then,
        )
        for each in visits
    )
