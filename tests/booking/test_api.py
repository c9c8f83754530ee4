from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from booking.models import Appointment
from booking.services import visit
from clinic.accounts.models import User
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Room
from tests.answers import Answer
from tests.booking.conftest import TESTER, Book, Unchanged, at
from tests.conftest import Clinic, Screen, person

BOOKING = {"specialty": "massage", "start": "2026-11-23T10:00:00+00:00"}


def problem(answer: Answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


# Patients


def test_booking_answers_with_the_whole_appointment(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient]
) -> None:
    answer = client_of(ana).post("/api/appointments", BOOKING)

    made = Appointment.objects.get()
    body = answer.json()
    token = body.pop("checkout_url")
    assert answer.status_code == 201
    assert token.startswith("http://localhost:8000/pay/")
    assert body == {
        "id": str(made.pk),
        "specialty": {
            "code": "massage",
            "name_pt": "Massagem",
            "name_en": "Massage",
            "duration_minutes": 45,
        },
        "practitioner": {"id": str(clinic.sousa.pk), "name": "Inês Sousa"},
        "room": "1",
        "start": "2026-11-23T10:00:00+00:00",
        "end": "2026-11-23T10:45:00+00:00",
        "status": "pending",
        "price": "40.00",
        "hold_expires_at": "2026-11-23T09:15:00+00:00",
        "check_in_code": None,
        "ticket": "",
        "label_choice": "",
        "can_cancel": True,
        "can_reschedule": True,
        "is_refundable": True,
        "created_at": "2026-11-23T09:00:00+00:00",
    }
    entry = AuditEntry.objects.get(action="appointment.created")
    assert (entry.actor_kind, entry.actor_id, entry.actor_role) == ("user", str(ana.pk), "patient")


def test_once_booked_it_shows_the_code_and_no_payment_link(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient], book: Book
) -> None:
    appointment = book(ana, at(10))

    body = client_of(ana).get(f"/api/appointments/{appointment.pk}").json()

    assert (body["status"], body["checkout_url"]) == ("booked", None)
    assert body["check_in_code"] == appointment.check_in_code


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"specialty": "massage"}, "/start"),
        ({"start": BOOKING["start"]}, "/specialty"),
        ({**BOOKING, "specialty": "palmistry"}, "/specialty"),
        ({**BOOKING, "practitioner": "x"}, "/practitioner"),
        ({**BOOKING, "practitioner": str(uuid4())}, "/practitioner"),
        ({**BOOKING, "start": "2026-11-23T10:00:00"}, "/start"),
        ({**BOOKING, "start": "2026-11-23"}, "/start"),
        ({**BOOKING, "start": 1795428000}, "/start"),
        ({**BOOKING, "start": None}, "/start"),
        ({**BOOKING, "start": ["2026-11-23T10:00:00Z"]}, "/start"),
        ({**BOOKING, "start": "2026-11-23T08:45:00Z"}, "/start"),
        ({**BOOKING, "start": "9999-12-31T23:59:59-12:00"}, "/start"),
        ([BOOKING], "/"),
    ],
)
def test_a_wrong_shape_is_400_and_writes_nothing(
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    body: dict[str, object] | list[dict[str, str]],
    pointer: str,
) -> None:
    answer = client_of(ana).post("/api/appointments", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert Appointment.objects.count() == 0


def test_a_taken_slot_is_409(
    clinic: Clinic, ana: Patient, bruno: Patient, client_of: Callable[[User], APIClient], book: Book
) -> None:
    book(ana, at(10))

    answer = client_of(bruno).post(
        "/api/appointments", {**BOOKING, "practitioner": str(clinic.sousa.pk)}
    )

    assert problem(answer) == (409, "slot_taken")
    assert Appointment.objects.count() == 1


def test_a_repeat_with_the_same_key_books_once(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient]
) -> None:
    client = client_of(ana)
    key = {"Idempotency-Key": "5f1c"}

    first = client.post("/api/appointments", BOOKING, headers=key)
    again = client.post("/api/appointments", BOOKING, headers=key)
    other = client.post("/api/appointments", {**BOOKING, "specialty": "evaluation"}, headers=key)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert problem(other) == (422, "idempotency_key_reused")
    assert Appointment.objects.count() == 1


def test_a_refusal_does_not_use_up_the_key(
    clinic: Clinic, ana: Patient, bruno: Patient, client_of: Callable[[User], APIClient], book: Book
) -> None:
    rival = book(bruno, at(10))
    client, key = client_of(ana), {"Idempotency-Key": "5f1c"}
    body = {**BOOKING, "practitioner": str(clinic.sousa.pk)}
    assert client.post("/api/appointments", body, headers=key).status_code == 409
    visit.no_show(rival.pk, actor=TESTER)

    assert client.post("/api/appointments", body, headers=key).status_code == 201


def test_the_list_is_ones_own_newest_first_and_paginated(
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    at_nine: time_machine.Traveller,
) -> None:
    first = book(ana, at(15))
    at_nine.move_to(at(9, 1))
    second = book(ana, at(10))
    book(bruno, at(12))

    body = client_of(ana).get("/api/appointments").json()

    assert (body["count"], body["next"], body["previous"]) == (2, None, None)
    assert [one["id"] for one in body["results"]] == [str(second.pk), str(first.pk)]


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ("status=booked", [10, 15]),
        ("status=booked,cancelled", [10, 12, 15]),
        ("from=2026-11-23T12:00:00Z", [12, 15]),
        ("from=2026-11-23T12:00:00+00:00", [12, 15]),
        ("from=2026-11-23T12:30:00.000+01:00&to=2026-11-23T12:30:00%2B0000", [12]),
        ("from=2026-11-23T12:00:00Z&to=2026-11-23T15:00:00Z", [12]),
        ("to=2026-11-22", []),
        ("from=2026-11-23&to=2026-11-23", [10, 12, 15]),
    ],
)
def test_the_list_can_be_filtered(
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    query: str,
    hours: list[int],
) -> None:
    book(ana, at(15))
    book(ana, at(12), status="cancelled")
    book(ana, at(10))

    body = client_of(ana).get(f"/api/appointments?{query}").json()

    found = sorted(datetime.fromisoformat(one["start"]).hour for one in body["results"])
    assert found == hours


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "from=yesterday",
        "to=2026-11-23T10:00",
        "to=2026-11-23+10:00",
        "from=2026-12-01&to=2026-11-01",
    ],
)
def test_a_wrong_filter_is_400(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient], query: str
) -> None:
    assert client_of(ana).get(f"/api/appointments?{query}").status_code == 400


def test_the_list_takes_as_many_queries_for_one_as_for_many(
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of(ana)
    for number in range(6):
        book(ana, at(10 + number))

    with django_assert_max_num_queries(4):
        assert len(client.get("/api/appointments").json()["results"]) == 6


ACTIONS = [
    ("get", "", None),
    ("patch", "", {"label_choice": "full"}),
    ("post", "/cancel", None),
    ("post", "/reschedule", {"start": "2026-11-30T10:00:00Z"}),
    ("get", "/calendar.ics", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTIONS)
def test_somebody_elses_appointment_does_not_exist(
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
    method: str,
    path: str,
    body: dict[str, str] | None,
) -> None:
    appointment = book(ana, at(10))
    check = unchanged(appointment)
    send = getattr(client_of(bruno), method)

    foreign = send(f"/api/appointments/{appointment.pk}{path}", body)
    missing = send(f"/api/appointments/{uuid4()}{path}", body)

    assert problem(foreign) == problem(missing) == (404, "not_found")
    assert "Ana" not in foreign.content.decode()
    check()


@pytest.mark.parametrize(("method", "path", "body"), ACTIONS)
@pytest.mark.parametrize("who", ["rita", "marta", "sousa_user"])
def test_staff_do_not_use_the_patients_endpoints(
    request: pytest.FixtureRequest,
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
    method: str,
    path: str,
    body: dict[str, str] | None,
    who: str,
) -> None:
    appointment = book(ana, at(10))
    check = unchanged(appointment)

    answer = getattr(client_of(request.getfixturevalue(who)), method)(
        f"/api/appointments/{appointment.pk}{path}", body
    )

    assert answer.status_code == 403
    check()


@pytest.mark.parametrize(("method", "path", "body"), ACTIONS)
def test_nobody_gets_in_without_logging_in(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    unchanged: Unchanged,
    method: str,
    path: str,
    body: dict[str, str] | None,
) -> None:
    appointment = book(ana, at(10))
    check = unchanged(appointment)

    answer = getattr(APIClient(), method)(f"/api/appointments/{appointment.pk}{path}", body)

    assert answer.status_code == 401
    check()


def test_a_patient_cancels_moves_and_names(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient], book: Book
) -> None:
    client = client_of(ana)
    appointment = book(ana, at(10, day=25))
    address = f"/api/appointments/{appointment.pk}"

    moved = client.post(f"{address}/reschedule", {"start": "2026-11-25T12:00:00+01:00"})
    named = client.patch(address, {"label_choice": "ticket"})
    cancelled = client.post(f"{address}/cancel")
    again = client.post(f"{address}/cancel")

    assert (moved.status_code, moved.json()["start"]) == (200, "2026-11-25T11:00:00+00:00")
    assert (named.status_code, named.json()["label_choice"]) == (200, "ticket")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert cancelled.json()["can_cancel"] is cancelled.json()["can_reschedule"] is False
    assert (again.status_code, again.json()) == (200, cancelled.json())


def test_an_unknown_label_is_400(
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
) -> None:
    appointment = book(ana, at(10))
    check = unchanged(appointment)

    answer = client_of(ana).patch(f"/api/appointments/{appointment.pk}", {"label_choice": "nick"})

    assert answer.status_code == 400
    check()


@pytest.mark.parametrize("accept", ["text/calendar", "*/*", "text/html,*/*;q=0.8"])
def test_the_calendar_file_is_served(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient], book: Book, accept: str
) -> None:
    appointment = book(ana, at(10))

    answer = client_of(ana).get(
        f"/api/appointments/{appointment.pk}/calendar.ics", headers={"Accept": accept}
    )

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"BEGIN:VEVENT\r\n" in answer.content


# Staff


def press(
    client: APIClient, appointment: Appointment, button: str, body: dict[str, object] | None = None
) -> Answer:
    return client.post(f"/api/staff/appointments/{appointment.pk}/{button}", body)


def test_the_reception_walks_a_patient_through_the_day(
    clinic: Clinic, ana: Patient, rita: User, client_of: Callable[[User], APIClient], book: Book
) -> None:
    client, appointment = client_of(rita), book(ana, at(10))
    seen = []
    for button in ["arrive", "call", "call-again", "put-back", "call", "start", "finish"]:
        answer = press(client, appointment, button)
        assert answer.status_code == 200, answer.content
        seen.append((answer.json()["status"], answer.json()["call_number"]))

    assert seen == [
        ("arrived", 0),
        ("called", 1),
        ("called", 2),
        ("arrived", 2),
        ("called", 3),
        ("in_progress", 3),
        ("fulfilled", 3),
    ]
    roles = AuditEntry.objects.filter(subject_id=str(appointment.pk), actor_id=str(rita.pk))
    assert roles.count() == 7
    assert {entry.patient_id for entry in roles} == {ana.pk}


@pytest.mark.parametrize(
    ("status", "button"),
    [
        ("arrived", "arrive"),
        ("called", "call"),
        ("in_progress", "start"),
        ("fulfilled", "finish"),
        ("no_show", "no-show"),
        ("cancelled", "cancel"),
    ],
)
def test_a_second_press_is_200_and_changes_nothing(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
    status: str,
    button: str,
) -> None:
    appointment = book(ana, at(10), status=status)
    client, check = client_of(rita), unchanged(appointment)

    answer = press(client, appointment, button)

    assert (answer.status_code, answer.json()["status"]) == (200, status)
    check()


@pytest.mark.parametrize(
    ("status", "button", "code"),
    [
        ("pending", "arrive", "invalid_transition"),
        ("booked", "call", "invalid_transition"),
        ("booked", "start", "invalid_transition"),
        ("arrived", "start", "invalid_transition"),
        ("arrived", "cancel", "invalid_transition"),
        ("arrived", "put-back", "invalid_transition"),
        ("booked", "call-again", "invalid_transition"),
        ("fulfilled", "no-show", "invalid_transition"),
        ("cancelled", "arrive", "invalid_transition"),
    ],
)
def test_a_press_in_the_wrong_state_is_409(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
    status: str,
    button: str,
    code: str,
) -> None:
    appointment = book(ana, at(10), status=status)
    client, check = client_of(rita), unchanged(appointment)

    assert problem(press(client, appointment, button)) == (409, code)

    check()


def test_practitioners_stand_in_for_each_other_by_name(
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    sousa_user: User,
    client_of: Callable[[User], APIClient],
    book: Book,
) -> None:
    client = client_of(sousa_user)
    of_reis = book(ana, at(10), practitioner=clinic.reis, status="arrived")
    book(bruno, at(11), practitioner=clinic.reis, status="arrived")

    called = press(client, of_reis, "call")
    following = client.post(f"/api/staff/practitioners/{clinic.reis.pk}/call-next")

    assert (called.status_code, called.json()["status"]) == (200, "called")
    assert (following.status_code, following.json()["status"]) == (200, "called")
    noted = AuditEntry.objects.filter(action="appointment.called")
    assert (
        list(noted.values_list("actor_id", "actor_role"))
        == [(str(sousa_user.pk), "practitioner")] * 2
    )


def test_next_on_an_empty_queue_is_409_and_of_nobody_404(
    clinic: Clinic, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    client = client_of(rita)

    empty = client.post(f"/api/staff/practitioners/{clinic.sousa.pk}/call-next")
    nobody = client.post(f"/api/staff/practitioners/{uuid4()}/call-next")

    assert problem(empty) == (409, "queue_empty")
    assert problem(nobody) == (404, "not_found")


def test_a_visit_is_given_another_room(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    spare_room: Room,
) -> None:
    client, appointment = client_of(rita), book(ana, at(10), status="called")

    moved = press(client, appointment, "move-room", {"room": str(spare_room.pk)})
    unknown = press(client, appointment, "move-room", {"room": str(uuid4())})

    assert moved.json()["room"] == {"id": str(spare_room.pk), "name": "3"}
    assert problem(unknown) == (400, "unknown_room")


def test_a_new_patient_beside_an_empty_known_one_is_taken_in(
    clinic: Clinic, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    body = {
        "patient": None,
        "new_patient": {"full_name": "Zeca Afonso", "phone": "912 345 678"},
        "specialty": "massage",
        "practitioner": None,
        "start": None,
    }

    answer = client_of(rita).post("/api/staff/appointments", body)

    assert (answer.status_code, answer.json()["status"]) == (201, "arrived")
    assert Patient.objects.get(full_name="Zeca Afonso").phone == "+351912345678"


def test_a_known_patient_beside_an_empty_new_one_is_booked(
    clinic: Clinic, ana: Patient, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    body = {"patient": str(ana.pk), "new_patient": None, "specialty": "massage"}

    answer = client_of(rita).post("/api/staff/appointments", body)

    assert (answer.status_code, answer.json()["patient"]["id"]) == (201, str(ana.pk))


def test_the_desk_takes_a_new_patient_in(
    clinic: Clinic, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    answer = client_of(rita).post(
        "/api/staff/appointments",
        {
            "new_patient": {"full_name": "Zeca Afonso", "phone": "912 345 678"},
            "specialty": "massage",
        },
    )

    body = answer.json()
    assert answer.status_code == 201, answer.content
    assert (body["status"], body["ticket"], body["label"]) == ("arrived", "A001", "Zeca A.")
    assert body["source"] == "walk_in"
    zeca = Patient.objects.get(full_name="Zeca Afonso")
    assert (zeca.phone, zeca.has_usable_password()) == ("+351912345678", False)


def test_the_desk_books_a_known_patient_for_later(
    clinic: Clinic, ana: Patient, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    answer = client_of(rita).post(
        "/api/staff/appointments",
        {
            "patient": str(ana.pk),
            "specialty": "massage",
            "practitioner": str(clinic.reis.pk),
            "start": "2026-11-24T10:05:00Z",
        },
    )

    assert answer.status_code == 201, answer.content
    assert (answer.json()["status"], answer.json()["source"]) == ("booked", "desk")


@pytest.mark.parametrize(
    "body",
    [
        {"specialty": "massage"},
        {"specialty": "massage", "patient": "x"},
        {"specialty": "massage", "patient": str(uuid4())},
        {"specialty": "massage", "new_patient": {"full_name": "A B"}},
        {"specialty": "massage", "new_patient": {"full_name": "A B", "phone": "112"}},
        {"specialty": "palmistry", "new_patient": {"full_name": "A B", "phone": "912345678"}},
        {"new_patient": {"full_name": "A B", "phone": "912345678"}},
    ],
)
def test_the_desk_is_told_what_is_missing_and_nobody_is_added(
    clinic: Clinic, rita: User, client_of: Callable[[User], APIClient], body: dict[str, object]
) -> None:
    before = Patient.objects.count()

    assert client_of(rita).post("/api/staff/appointments", body).status_code == 400
    assert (Patient.objects.count(), Appointment.objects.count()) == (before, 0)


def test_a_walk_in_sent_twice_with_one_key_is_one_patient_with_one_ticket(
    clinic: Clinic, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    body = {
        "new_patient": {"full_name": "Zeca Afonso", "phone": "912345678"},
        "specialty": "shock_waves",
    }
    desk = client_of(rita)

    def send(**changes: object) -> Answer:
        return desk.post(
            "/api/staff/appointments", {**body, **changes}, headers={"Idempotency-Key": "one"}
        )

    first, again = send(), send()

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert first.json()["ticket"] == "A001"
    assert Patient.objects.filter(full_name="Zeca Afonso").count() == 1
    assert Appointment.objects.count() == 1
    assert problem(send(specialty="massage")) == (422, "idempotency_key_reused")
    assert problem(desk.post("/api/staff/appointments", body, headers={"Idempotency-Key": ""})) == (
        400,
        "idempotency_key_required",
    )
    assert Appointment.objects.count() == 1


def test_a_failed_walk_in_adds_no_patient(
    clinic: Clinic,
    rita: User,
    client_of: Callable[[User], APIClient],
    at_nine: time_machine.Traveller,
) -> None:
    at_nine.move_to(at(23, 50))
    body = {
        "new_patient": {"full_name": "Zeca Afonso", "phone": "912345678"},
        "specialty": "massage",
    }

    assert problem(client_of(rita).post("/api/staff/appointments", body)) == (409, "no_free_time")
    assert Patient.objects.count() == 0


def test_only_the_reception_books_at_the_desk(
    clinic: Clinic, ana: Patient, sousa_user: User, client_of: Callable[[User], APIClient]
) -> None:
    body = {"patient": str(ana.pk), "specialty": "massage"}

    for user in (ana, sousa_user):
        assert client_of(user).post("/api/staff/appointments", body).status_code == 403
    assert Appointment.objects.count() == 0


STAFF_PATHS = [
    ("get", "/api/staff/day"),
    ("get", "/api/staff/rooms"),
    ("post", "/api/staff/appointments"),
    *(
        ("post", f"/api/staff/appointments/{{appointment}}/{button}")
        for button in (
            "arrive",
            "call",
            "call-again",
            "start",
            "finish",
            "no-show",
            "put-back",
            "cancel",
            "move-room",
        )
    ),
    ("post", "/api/staff/practitioners/{practitioner}/call-next"),
]


@pytest.mark.parametrize(("method", "path"), STAFF_PATHS)
def test_patients_devices_and_strangers_reach_no_staff_endpoint(
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    screen: Callable[[str], Screen],
    book: Book,
    unchanged: Unchanged,
    method: str,
    path: str,
) -> None:
    appointment = book(ana, at(10), status="arrived")
    devices = [screen("display").client, screen("kiosk").client]
    ours, check = client_of(ana), unchanged(appointment)
    address = path.format(appointment=appointment.pk, practitioner=clinic.sousa.pk)

    assert getattr(ours, method)(address).status_code == 403
    assert getattr(APIClient(), method)(address).status_code == 401
    for device in devices:
        assert getattr(device, method)(address).status_code == 403
    check()


def test_the_day_over_http_is_the_frame(
    clinic: Clinic,
    ana: Patient,
    sousa_user: User,
    client_of: Callable[[User], APIClient],
    book: Book,
) -> None:
    book(ana, at(10), status="arrived")

    body = client_of(sousa_user).get("/api/staff/day").json()

    assert body["type"] == "day"
    assert body["practitioners"][0]["appointments"][0]["patient"]["full_name"] == (
        "Ana Carolina Martins"
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("date=2026-11-24", 200),
        ("date=2026-03-29", 200),
        ("date=today", 400),
        ("date=9999-12-31", 400),
        ("practitioner=x", 400),
    ],
)
def test_the_day_may_be_any_date(
    clinic: Clinic, rita: User, client_of: Callable[[User], APIClient], query: str, status: int
) -> None:
    answer = client_of(rita).get(f"/api/staff/day?{query}")

    assert answer.status_code == status


def test_a_disabled_patient_books_nothing(
    clinic: Clinic, client_of: Callable[[User], APIClient]
) -> None:
    gone = person("gone", "Gone Away", "patient")
    client = client_of(gone)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)

    assert client.post("/api/appointments", BOOKING).status_code == 401
    assert Appointment.objects.count() == 0


# Taking a mis-press back


def test_a_colleague_takes_a_mis_press_back_once(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    marta: User,
    client_of: Callable[[User], APIClient],
    book: Book,
) -> None:
    appointment = book(ana, at(10))
    assert press(client_of(rita), appointment, "arrive").json()["ticket"] == "A001"
    colleague = client_of(marta)

    undone, again = (press(colleague, appointment, "undo") for _ in range(2))

    assert undone.status_code == 200
    assert (undone.json()["status"], undone.json()["ticket"], undone.json()["arrived_at"]) == (
        "booked",
        "",
        None,
    )
    assert problem(again) == (409, "nothing_to_undo")
    assert problem(colleague.post(f"/api/staff/appointments/{uuid4()}/undo")) == (404, "not_found")


def test_an_undo_takes_back_the_press_it_means_and_no_newer_one_of_a_colleague(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    marta: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
    at_nine: time_machine.Traveller,
) -> None:
    appointment = book(ana, at(10), status="arrived")
    mine = press(client_of(rita), appointment, "call").json()["undo_until"]
    at_nine.shift(5)
    theirs = press(client_of(marta), appointment, "start").json()["undo_until"]
    check = unchanged(Appointment.objects.get(pk=appointment.pk))

    late = press(client_of(rita), appointment, "undo", {"undo_until": mine})

    assert problem(late) == (409, "nothing_to_undo")
    check()
    undone = press(client_of(rita), appointment, "undo", {"undo_until": theirs})
    assert (undone.status_code, undone.json()["status"]) == (200, "called")
    assert press(client_of(rita), appointment, "undo", {"undo_until": "now"}).status_code == 400


def test_the_answer_to_a_press_says_how_new_it_is(
    clinic: Clinic, ana: Patient, rita: User, client_of: Callable[[User], APIClient], book: Book
) -> None:
    client, appointment = client_of(rita), book(ana, at(10))
    before = client.get("/api/staff/day").json()["revision"]

    pressed = press(client, appointment, "arrive").json()["revision"]

    assert pressed == before + 1 == client.get("/api/staff/day").json()["revision"]


# Notes of the team


def note(client: APIClient, appointment: Appointment, text: str) -> Answer:
    return client.patch(f"/api/staff/appointments/{appointment.pk}", {"note": text})


def test_the_team_leaves_a_note_and_takes_it_away(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    sousa_user: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
) -> None:
    appointment = book(ana, at(10), status="fulfilled")
    reception, practitioner = client_of(rita), client_of(sousa_user)

    written = note(reception, appointment, "  Vem de muletas.\nChamar com calma. ")
    check = unchanged(Appointment.objects.get(pk=appointment.pk))
    again = note(practitioner, appointment, "Vem de muletas.\nChamar com calma.")
    check()
    (column, _) = practitioner.get("/api/staff/day").json()["practitioners"]
    gone = note(practitioner, appointment, "")

    assert written.json()["note"] == "Vem de muletas.\nChamar com calma."
    assert again.json()["note"] == column["appointments"][0]["note"] == written.json()["note"]
    assert gone.json()["note"] == ""
    entries = AuditEntry.objects.filter(action="appointment.noted").order_by("id")
    assert [(entry.actor_id, entry.data) for entry in entries] == [
        (str(rita.pk), {"fields": ["note"]}),
        (str(sousa_user.pk), {"fields": ["note"]}),
    ]


def test_a_note_never_replaces_one_that_its_writer_has_not_seen(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    sousa_user: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
) -> None:
    appointment = book(ana, at(10))
    reception, practitioner = client_of(rita), client_of(sousa_user)
    path = f"/api/staff/appointments/{appointment.pk}"
    reception.patch(path, {"note": "Vem de muletas.", "was": ""})
    check = unchanged(Appointment.objects.get(pk=appointment.pk))

    blind = practitioner.patch(path, {"note": "Joelho direito.", "was": ""})
    repeated = reception.patch(path, {"note": "Vem de muletas.", "was": ""})

    assert problem(blind) == (409, "note_changed")
    assert (repeated.status_code, repeated.json()["note"]) == (200, "Vem de muletas.")
    check()
    both = {"note": "Vem de muletas.\nJoelho direito.", "was": "Vem de muletas."}
    assert practitioner.patch(path, both).json()["note"] == both["note"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"note": "x" * 501}, "max_length"),
        ({"note": None}, "null"),
        ({"note": "a\x00b"}, "null_characters_not_allowed"),
        ({}, "required"),
    ],
)
def test_a_note_that_is_too_long_or_none_is_refused(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    unchanged: Unchanged,
    body: dict[str, object],
    code: str,
) -> None:
    appointment = book(ana, at(10))
    check = unchanged(appointment)

    answer = client_of(rita).patch(f"/api/staff/appointments/{appointment.pk}", body)

    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/note", code)
    ]
    check()


def test_a_note_of_five_hundred_letters_fits(
    clinic: Clinic, ana: Patient, rita: User, client_of: Callable[[User], APIClient], book: Book
) -> None:
    appointment = book(ana, at(10))

    assert note(client_of(rita), appointment, "ã" * 500).json()["note"] == "ã" * 500


def test_the_patient_is_never_shown_the_note(
    clinic: Clinic, ana: Patient, rita: User, client_of: Callable[[User], APIClient], book: Book
) -> None:
    appointment = book(ana, at(10))
    note(client_of(rita), appointment, "Vem de muletas.")
    browser = client_of(ana)

    for path in ("appointments", f"appointments/{appointment.pk}", "me/accesses"):
        assert "muletas" not in browser.get(f"/api/{path}").content.decode()
