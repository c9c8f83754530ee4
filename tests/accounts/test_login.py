import statistics
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from clinic.accounts import services
from clinic.accounts.models import Session, User
from clinic.accounts.services import guesses
from clinic.core.errors import DomainError
from tests.accounts.conftest import PASSWORD, Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def credentials(username: str = "ana", password: str = PASSWORD) -> dict[str, str]:
    return {"username": username, "password": password}


def test_login_opens_a_session_of_its_own(browser: Browser, patient: User) -> None:
    answer = browser.post("/api/auth/login", credentials())

    session = Session.objects.get()
    assert answer.status_code == 200
    assert answer.json()["username"] == "ana"
    assert session.user_id == patient.pk
    assert browser.get("/api/auth/me").status_code == 200


def test_the_username_is_recognised_in_any_case(browser: Browser, patient: User) -> None:
    assert browser.post("/api/auth/login", credentials("ANA")).status_code == 200


def test_a_second_login_in_the_same_browser_ends_the_first_session(
    browser: Browser, patient: User
) -> None:
    browser.post("/api/auth/login", credentials())
    first = Session.objects.get()

    browser.post("/api/auth/login", credentials())

    first.refresh_from_db()
    second = Session.objects.exclude(pk=first.pk).get()
    assert first.revoked_at is not None
    assert second.revoked_at is None


def test_every_reason_for_refusal_looks_the_same(
    browser: Browser, make_user: Callable[..., User], patient: User
) -> None:
    make_user(username="walkin")
    make_user(username="left", password=PASSWORD, is_active=False)

    answers = [
        browser.post("/api/auth/login", body)
        for body in (
            credentials(password="wrong"),
            credentials("nobody"),
            credentials("walkin", ""),
            credentials("walkin", "!"),
            credentials("left"),
        )
    ]

    bodies = [
        {name: value for name, value in answer.json().items() if name != "request_id"}
        for answer in answers
        if answer.status_code != 400
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 400, 401, 401]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "invalid_credentials"
    assert not Session.objects.exists()
    assert all("vez_at" not in answer.cookies for answer in answers)


@pytest.mark.usefixtures("real_hashes")
def test_an_unknown_name_costs_as_much_work_as_a_known_one(patient: User) -> None:
    def seconds(username: str) -> float:
        started = time.perf_counter()
        with pytest.raises(DomainError):
            services.verify_credentials(username=username, password="wrong", address=username)
        return time.perf_counter() - started

    seconds("ana")
    known = statistics.median(seconds("ana") for _ in range(4))
    unknown = statistics.median(seconds(f"nobody{number}") for number in range(4))

    assert 0.2 < known / unknown < 5  # without the same work it would be 50 or more


@pytest.mark.parametrize(
    "body",
    [
        {"username": [], "password": {}},
        {"username": {"a": 1}, "password": "x"},
        {"username": "ana"},
        {"username": "ana", "password": None},
        {"username": "a\x00na", "password": "x"},
        {"username": "x" * 2000, "password": "x"},
        {"username": "ana", "password": "x" * 500_000},
        [],
        "ana",
        None,
    ],
)
def test_nonsense_is_a_400(browser: Browser, patient: User, body: Any) -> None:
    assert browser.post("/api/auth/login", body).status_code == 400


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"", 400),
        (b'{"username": NaN}', 400),
        (b'"' + b"x" * 1_100_000 + b'"', 413),
    ],
)
def test_a_body_that_is_no_json_is_refused(browser: Browser, raw: bytes, status: int) -> None:
    answer = browser.client.post(
        "/api/auth/login",
        raw,
        content_type="application/json",
        headers={"X-CSRFToken": browser.fetch_csrf(), "Origin": "http://testserver"},
    )

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_post_is_not_read(browser: Browser, patient: User) -> None:
    answer = browser.client.post(
        "/api/auth/login",
        data="username=ana&password=x",
        content_type="application/x-www-form-urlencoded",
        headers={"X-CSRFToken": browser.fetch_csrf(), "Origin": "http://testserver"},
    )

    assert answer.status_code == 415


def test_the_sixth_failure_is_refused_and_so_is_the_right_password(
    browser: Browser, patient: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        failures = [
            browser.post("/api/auth/login", credentials(password="wrong")).status_code
            for _ in range(6)
        ]
        right = browser.post("/api/auth/login", credentials())

    assert failures == [401] * 5 + [429]
    assert right.status_code == 429
    assert right["Retry-After"] == "900"
    assert right.json()["code"] == "throttled"
    assert not Session.objects.exists()
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        assert browser.post("/api/auth/login", credentials()).status_code == 200


def test_a_forged_forwarding_header_buys_no_further_tries(browser: Browser, patient: User) -> None:
    with time_machine.travel(NOON, tick=False):
        answers = [
            browser.post(
                "/api/auth/login",
                credentials("Ana" if number % 2 else "ana", "wrong"),
                **{"X-Forwarded-For": f"198.51.100.{number}"},
            ).status_code
            for number in range(8)
        ]

    assert answers == [401] * 5 + [429] * 3


def test_success_forgets_the_failures(browser: Browser, patient: User) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            for _ in range(4):
                browser.post("/api/auth/login", credentials(password="wrong"))
            assert browser.post("/api/auth/login", credentials()).status_code == 200


def test_one_user_is_guarded_against_guesses_from_many_addresses(patient: User) -> None:
    with time_machine.travel(NOON, tick=False):
        codes = []
        for number in range(32):
            with pytest.raises(DomainError) as refusal:
                services.verify_credentials(
                    username="ana", password="wrong", address=f"198.51.100.{number}"
                )
            codes.append(refusal.value.code)

    assert codes == ["invalid_credentials"] * 30 + ["throttled"] * 2


def outcome_of(username: str, password: str, address: str) -> str:
    try:
        services.verify_credentials(username=username, password=password, address=address)
    except DomainError as error:
        return error.code
    return "right"


def test_an_account_of_ones_own_clears_no_guesses_for_another(
    patient: User, make_user: Callable[..., User]
) -> None:
    make_user(username="mallory", password=PASSWORD)
    outcomes = []
    with time_machine.travel(NOON, tick=False):
        # given: guesses for one name from one address, each after a login with the guesser's own
        for _ in range(6):
            assert outcome_of("mallory", PASSWORD, "192.0.2.7") == "right"
            outcomes.append(outcome_of("ana", "wrong", "192.0.2.7"))
        # and: further ones, spread over addresses
        for number in range(26):
            address = f"198.51.100.{number}"
            assert outcome_of("mallory", PASSWORD, address) == "right"
            outcomes.append(outcome_of("ANA", "wrong", address))

    # then: the name's counts have gone on through all that
    assert outcomes == [
        *["invalid_credentials"] * 5,
        "throttled",
        *["invalid_credentials"] * 25,
        "throttled",
    ]


def test_an_account_of_ones_own_clears_nothing_for_its_address(
    patient: User, make_user: Callable[..., User]
) -> None:
    make_user(username="mallory", password=PASSWORD)
    with time_machine.travel(NOON, tick=False):
        for number in range(99):
            count_failures(1, subject=f"name-{number}", address="192.0.2.7")
        assert outcome_of("mallory", PASSWORD, "192.0.2.7") == "right"

        assert outcome_of("ana", "wrong", "192.0.2.7") == "invalid_credentials"
        assert outcome_of("ana", PASSWORD, "192.0.2.7") == "throttled"
        assert outcome_of("mallory", PASSWORD, "192.0.2.7") == "throttled"


def test_a_second_window_gives_five_more_and_no_others(patient: User) -> None:
    def five_and_one() -> list[str]:
        return [outcome_of("ana", "wrong", "192.0.2.7") for _ in range(6)]

    limit = guesses.WINDOW_SECONDS
    for start in (0, limit):
        with time_machine.travel(NOON + timedelta(seconds=start), tick=False):
            assert five_and_one() == ["invalid_credentials"] * 5 + ["throttled"]
        # A try that is refused doesn't move the window's end, nor does its last second end it.
        with time_machine.travel(NOON + timedelta(seconds=start + limit - 1), tick=False):
            assert outcome_of("ana", PASSWORD, "192.0.2.7") == "throttled"


def together(attempts: Sequence[tuple[str, str, str]]) -> list[str]:
    """What came of these attempts (name, password, address), all made at the same moment."""
    barrier = threading.Barrier(len(attempts))
    outcomes: list[str] = []

    def attempt(username: str, password: str, address: str) -> None:
        barrier.wait()
        try:
            services.verify_credentials(username=username, password=password, address=address)
            outcomes.append("right")
        except DomainError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=one) for one in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def count_failures(times: int, *, subject: str, address: str) -> None:
    """What finished wrong guesses leave behind, without the time that their hashes take."""
    who = User(pk=uuid.UUID(subject)) if "-" in subject and len(subject) == 36 else None
    tries = guesses.tries_of(who, subject, address=address, device="")
    for _ in range(times):
        guesses.failed(tries, None)


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_further_tries(make_user: Callable[..., User]) -> None:
    make_user(username="ana", password=PASSWORD)

    outcomes = together([("ana", "wrong", "192.0.2.7")] * 16)

    assert outcomes == ["invalid_credentials"] * 5 + ["throttled"] * 11


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_from_many_addresses_get_no_further_tries(
    make_user: Callable[..., User],
) -> None:
    ana = make_user(username="ana", password=PASSWORD)
    for number in range(27):
        count_failures(1, subject=str(ana.pk), address=f"198.51.100.{number}")

    outcomes = together([("ana", "wrong", f"192.0.2.{number}") for number in range(8)])

    assert outcomes == ["invalid_credentials"] * 3 + ["throttled"] * 5


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_at_many_names_get_no_further_tries(db: None) -> None:
    for number in range(97):
        count_failures(1, subject=f"nobody{number}", address="192.0.2.7")

    outcomes = together([(f"somebody{number}", "wrong", "192.0.2.7") for number in range(8)])

    assert outcomes == ["invalid_credentials"] * 3 + ["throttled"] * 5


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.django_db(transaction=True)
def test_logins_of_one_account_at_once_all_succeed(make_user: Callable[..., User]) -> None:
    ana = make_user(username="ana", password=PASSWORD)
    count_failures(4, subject=str(ana.pk), address="192.0.2.7")

    outcomes = together([("ana", PASSWORD, "192.0.2.7")] * 12)

    assert outcomes == ["right"] * 12


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.django_db(transaction=True)
def test_logins_behind_one_address_at_once_all_succeed(make_user: Callable[..., User]) -> None:
    for number in range(12):
        make_user(username=f"u{number}", password=PASSWORD)
    for number in range(99):
        count_failures(1, subject=f"nobody{number}", address="192.0.2.7")

    outcomes = together([(f"u{number}", PASSWORD, "192.0.2.7") for number in range(12)])

    assert outcomes == ["right"] * 12


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_hashes")
@pytest.mark.django_db(transaction=True)
def test_the_right_guess_is_refused_when_the_wrong_ones_were_done_first(
    make_user: Callable[..., User],
) -> None:
    ana = make_user(username="ana", password=PASSWORD)
    outcomes: list[str] = []

    def five_others_fail() -> None:
        count_failures(5, subject=str(ana.pk), address="192.0.2.7")
        connection.close()

    guess = threading.Thread(
        target=lambda: outcomes.extend(together([("ana", PASSWORD, "192.0.2.7")]))
    )
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"

    with ThreadPoolExecutor(max_workers=1) as others, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
            guess.start()
            deadline = time.monotonic() + 4
            while time.monotonic() < deadline:
                cursor.execute(waiting, ["accounts_user"])
                if cursor.fetchone() == (1,):
                    break
        others.submit(five_others_fail).result()
    guess.join()

    assert outcomes == ["throttled"]
    assert not Session.objects.exists()
