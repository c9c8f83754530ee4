import hashlib
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from rest_framework.test import APIClient

from clinic.accounts import services
from clinic.accounts.choices import DeviceKind, Role
from clinic.accounts.events import DeviceRevoked
from clinic.accounts.models import Device, User
from clinic.accounts.selectors import device_from_token
from clinic.accounts.services import PairedDevice
from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry, RateWindow
from tests.accounts.conftest import Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MakeUser = Callable[..., User]
BrowserOf = Callable[[User], Browser]


@pytest.fixture
def reception(make_user: MakeUser) -> User:
    return make_user(Role.RECEPTION)


def another_code(code: str, distance: int = 1) -> str:
    return f"{(int(code) + distance) % 1_000_000:06d}"


def test_staff_get_a_code_for_five_minutes(browser_of: BrowserOf, reception: User) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = browser_of(reception).post(
            "/api/devices", {"kind": "display", "name": "Waiting room"}
        )

    device = Device.objects.get()
    body = answer.json()
    assert answer.status_code == 201
    assert body.keys() == {"id", "kind", "name", "code", "code_expires_at"}
    assert (body["id"], body["kind"], body["name"]) == (str(device.pk), "display", "Waiting room")
    assert len(body["code"]) == 6
    assert body["code"].isdigit()
    assert datetime.fromisoformat(body["code_expires_at"]) == NOON + timedelta(minutes=5)
    assert body["code"] not in device.code_hash
    assert hashlib.sha256(body["code"].encode()).hexdigest() != device.code_hash
    assert device.created_by == reception


def test_pairing_gives_the_token_once_and_in_a_cookie(browser: Browser, reception: User) -> None:
    created = services.create_device(kind="kiosk", name="Entrance", created_by=reception)

    answer = browser.post("/api/devices/pair", {"code": created.code})
    again = browser.post("/api/devices/pair", {"code": created.code})

    device = Device.objects.get()
    body = answer.json()
    cookie = answer.cookies["vez_device-kiosk"]
    assert answer.status_code == 200
    assert body == {
        "id": str(device.pk),
        "kind": "kiosk",
        "name": "Entrance",
        "token": cookie.value,
    }
    assert len(cookie.value) == 43
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert device.token_hash == hashlib.sha256(cookie.value.encode()).hexdigest()
    assert device.code_hash == ""
    assert again.status_code == 400
    assert again.json()["code"] == "pairing_code_invalid"
    assert Device.objects.get().token_hash == device.token_hash


def test_a_code_may_be_typed_in_groups(browser: Browser, reception: User) -> None:
    code = services.create_device(kind="kiosk", name="Entrance", created_by=reception).code

    answer = browser.post("/api/devices/pair", {"code": f" {code[:3]} {code[3:]}"})

    assert answer.status_code == 200
    assert Device.objects.get().paired_at is not None


@pytest.mark.parametrize("scheme", ["Device", "device", "DEVICE"])
def test_the_scheme_of_the_header_is_written_in_any_case(reception: User, scheme: str) -> None:
    created = services.create_device(kind="display", name="Waiting room", created_by=reception)
    token = services.pair_device(code=created.code, address="192.0.2.1").token
    device = APIClient(headers={"Authorization": f"{scheme} {token}"})

    # A display may not see the staff's devices: 403 says that it was recognised.
    assert device.get("/api/devices").status_code == 403
    other = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert other.get("/api/devices").status_code == 401


def test_a_code_is_worth_nothing_after_five_minutes(browser: Browser, reception: User) -> None:
    with time_machine.travel(NOON, tick=False):
        created = services.create_device(kind="kiosk", name="Entrance", created_by=reception)
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert browser.post("/api/devices/pair", {"code": created.code}).status_code == 400
    assert Device.objects.get().paired_at is None


def guess(code: str, address: str) -> str:
    """What a try of this code from this address comes to."""
    try:
        services.pair_device(code=code, address=address)
    except DomainError as error:
        return error.code
    return "paired"


def test_wrong_guesses_of_strangers_kill_no_code_of_the_clinic(reception: User) -> None:
    with time_machine.travel(NOON, tick=False):
        created = services.create_device(
            kind="kiosk", name="Entrance", created_by=reception, address="192.0.2.1"
        )
        strangers = [
            guess(another_code(created.code, number + 1), f"203.0.113.{number}")
            for number in range(40)
        ]

        assert guess(created.code, "192.0.2.1") == "paired"

    assert strangers == ["pairing_code_invalid"] * 10 + ["throttled"] * 30


def test_strangers_together_get_ten_guesses_in_five_minutes_and_the_right_one_is_among_them(
    reception: User,
) -> None:
    with time_machine.travel(NOON, tick=False):
        created = services.create_device(
            kind="kiosk", name="Entrance", created_by=reception, address="192.0.2.1"
        )
        for number in range(10):
            guess(another_code(created.code, number + 1), f"203.0.113.{number}")
        with pytest.raises(DomainError) as refusal:
            services.pair_device(code=created.code, address="203.0.113.99")

    assert (refusal.value.code, refusal.value.retry_after) == ("throttled", 300)
    assert Device.objects.get().paired_at is None
    with time_machine.travel(NOON + timedelta(minutes=4, seconds=59), tick=False):
        assert guess(created.code, "203.0.113.99") == "throttled"
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert guess(created.code, "203.0.113.99") == "pairing_code_invalid"


def test_a_screen_on_another_network_pairs_while_nobody_guesses(reception: User) -> None:
    created = services.create_device(
        kind="kiosk", name="Entrance", created_by=reception, address="192.0.2.1"
    )

    assert guess(created.code, "203.0.113.9") == "paired"
    assert Device.objects.get().code_from == ""


def test_the_code_remembers_the_address_of_the_staff_who_asked(
    browser_of: BrowserOf, browser: Browser, reception: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = browser_of(reception).post("/api/devices", {"kind": "kiosk", "name": "Entrance"})
        code = answer.json()["code"]
        statuses = [
            browser.post("/api/devices/pair", {"code": another_code(code, number + 1)}).status_code
            for number in range(20)
        ]
        right = browser.post("/api/devices/pair", {"code": code})

    assert statuses == [400] * 20
    assert right.status_code == 200


def test_an_address_that_cannot_be_told_is_a_stranger(reception: User) -> None:
    with time_machine.travel(NOON, tick=False):
        created = services.create_device(
            kind="kiosk", name="Entrance", created_by=reception, address="unknown"
        )
        outcomes = [
            guess(another_code(created.code, number + 1), "unknown") for number in range(12)
        ]

    assert outcomes == ["pairing_code_invalid"] * 10 + ["throttled"] * 2


def test_guesses_of_one_address_are_throttled(browser: Browser, reception: User) -> None:
    with time_machine.travel(NOON, tick=False):
        services.create_device(
            kind="kiosk", name="Entrance", created_by=reception, address="127.0.0.1"
        )
        answers = [browser.post("/api/devices/pair", {"code": "000000"}) for _ in range(31)]

    assert [answer.status_code for answer in answers] == [400] * 30 + [429]
    assert answers[-1]["Retry-After"] == "900"


def test_a_code_that_is_known_clears_no_guesses(reception: User) -> None:
    address = "192.0.2.1"
    with time_machine.travel(NOON, tick=False) as standing:
        # given: 29 wrong guesses of an address, and a screen behind it that is paired
        known, wanted = (
            services.create_device(
                kind="kiosk", name=name, created_by=reception, address=address
            ).code
            for name in ("Entrance", "Corridor")
        )
        wrong = next(c for c in map(str, range(100_000, 100_003)) if c not in {known, wanted})
        assert [guess(wrong, address) for _ in range(29)] == ["pairing_code_invalid"] * 29
        assert guess(known, address) == "paired"

        # when: that code is given again, as if its answer had been lost
        standing.shift(6)
        assert guess(known, address) == "paired"

        # then: neither has made room for more than the thirtieth guess
        assert guess(wrong, address) == "pairing_code_invalid"
        assert [guess(code, address) for code in (wrong, wanted)] == ["throttled"] * 2
        # and: a new code asked for by staff makes none either
        services.create_device(kind="display", name="Hall", created_by=reception, address=address)
        assert guess(wrong, address) == "throttled"
    assert Device.objects.filter(paired_at__isnull=False).count() == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_further_tries(make_user: MakeUser) -> None:
    created = services.create_device(
        kind="kiosk", name="Entrance", created_by=make_user(Role.MANAGER), address="192.0.2.200"
    )
    barrier = threading.Barrier(16)
    outcomes: list[str] = []

    def try_one(number: int) -> None:
        barrier.wait()
        outcomes.append(guess(another_code(created.code, number + 1), f"192.0.2.{number}"))
        connection.close()

    with time_machine.travel(clock.now(), tick=False):
        threads = [threading.Thread(target=try_one, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(outcomes) == ["pairing_code_invalid"] * 10 + ["throttled"] * 6
    assert guess(created.code, "192.0.2.200") == "paired"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_uses_of_one_code_one_pairs(make_user: MakeUser) -> None:
    created = services.create_device(
        kind="kiosk", name="Entrance", created_by=make_user(Role.MANAGER)
    )
    barrier = threading.Barrier(8)
    paired: list[PairedDevice] = []
    refused: list[str] = []

    def use(number: int) -> None:
        barrier.wait()
        try:
            paired.append(services.pair_device(code=created.code, address=f"192.0.2.{number}"))
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(paired) == 1
    assert refused == ["pairing_code_invalid"] * 7
    assert device_from_token(paired[0].token) == created.device


def test_revoking_takes_the_credential_away(
    browser_of: BrowserOf,
    reception: User,
    make_device: Callable[..., PairedDevice],
    announced: Callable[[type], list[Any]],
) -> None:
    revoked = announced(DeviceRevoked)
    paired = make_device()
    browser = browser_of(reception)
    assert device_from_token(paired.token) == paired.device

    first = browser.delete(f"/api/devices/{paired.device.pk}")
    second = browser.delete(f"/api/devices/{paired.device.pk}")

    assert (first.status_code, second.status_code) == (204, 204)
    assert device_from_token(paired.token) is None
    assert revoked == [DeviceRevoked(paired.device.pk)]
    assert AuditEntry.objects.filter(action="device.revoked").count() == 1


def test_revoking_before_pairing_kills_the_code(
    browser_of: BrowserOf, browser: Browser, reception: User
) -> None:
    created = services.create_device(kind="kiosk", name="Entrance", created_by=reception)

    browser_of(reception).delete(f"/api/devices/{created.device.pk}")

    assert browser.post("/api/devices/pair", {"code": created.code}).status_code == 400


def test_the_list_shows_every_device_and_no_secret(
    browser_of: BrowserOf, reception: User, make_device: Callable[..., PairedDevice]
) -> None:
    make_device(DeviceKind.DISPLAY)
    services.create_device(kind="kiosk", name="Entrance", created_by=reception)

    listed = browser_of(reception).get("/api/devices").json()

    assert [row["kind"] for row in listed] == ["kiosk", "display"]
    assert all(
        row.keys()
        == {"id", "kind", "name", "paired_at", "last_seen_at", "revoked_at", "code_expires_at"}
        | {"settings", "status"}
        for row in listed
    )


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "tv", "name": "x"},
        {"kind": ["kiosk"], "name": "x"},
        {"kind": "kiosk", "name": ""},
        {"kind": "kiosk", "name": "x" * 61},
        {"kind": "kiosk", "name": {}},
        {"kind": "kiosk"},
        [],
        None,
    ],
)
def test_nonsense_creates_no_device(browser_of: BrowserOf, reception: User, body: Any) -> None:
    assert browser_of(reception).post("/api/devices", body).status_code == 400
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12a456", "١٢٣٤٥٦", "123456\n7", 12, [], {}, None, "\x00" * 6]
)
def test_nonsense_is_no_guess(browser: Browser, reception: User, code: Any) -> None:
    services.create_device(kind="kiosk", name="Entrance", created_by=reception)

    assert browser.post("/api/devices/pair", {"code": code}).status_code == 400
    assert not RateWindow.objects.exists()


def test_an_unknown_device_is_a_404(browser_of: BrowserOf, reception: User) -> None:
    browser = browser_of(reception)

    assert browser.delete(f"/api/devices/{uuid.uuid4()}").status_code == 404
    assert browser.delete("/api/devices/7").status_code == 404


def test_a_device_is_noted_as_seen_at_most_once_a_minute(
    make_device: Callable[..., PairedDevice],
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        device = make_device().device
        seen = []
        for _ in range(3):
            clock.shift(40)
            services.touch_device(device)
            seen.append(Device.objects.get().last_seen_at)

    at_80 = NOON + timedelta(seconds=80)
    assert seen == [NOON, at_80, at_80]


def test_a_device_that_was_silent_for_90_days_is_paired_again(
    make_device: Callable[..., PairedDevice],
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = make_device().token
        clock.shift(timedelta(days=89))
        assert device_from_token(token) is not None
        clock.shift(timedelta(days=2))
        assert device_from_token(token) is None


def test_a_screen_whose_pairing_was_never_answered_types_its_code_again(
    browser: Browser, reception: User
) -> None:
    with time_machine.travel(NOON, tick=False) as standing:
        created = services.create_device(kind="kiosk", name="Entrance", created_by=reception)
        code = {"code": created.code}
        unheard = Browser().post("/api/devices/pair", code).json()["token"]
        assert Browser().post("/api/devices/pair", code).status_code == 400
        standing.shift(5)

        again = browser.post("/api/devices/pair", code)

        assert again.status_code == 200
        assert device_from_token(unheard) is None
        assert browser.get("/api/devices/me").json()["name"] == "Entrance"
        # From its first use on the code gives nobody a token any more.
        standing.shift(5)
        assert Browser().post("/api/devices/pair", code).status_code == 400
        assert browser.get("/api/devices/me").status_code == 200
    assert Device.objects.count() == 1


def test_a_code_whose_token_was_never_used_ends_after_five_minutes(reception: User) -> None:
    with time_machine.travel(NOON, tick=False) as standing:
        created = services.create_device(kind="kiosk", name="Entrance", created_by=reception)
        token = services.pair_device(code=created.code, address="192.0.2.1").token
        standing.shift(timedelta(minutes=5))

        assert guess(created.code, "192.0.2.1") == "pairing_code_invalid"
        assert device_from_token(token) is not None
