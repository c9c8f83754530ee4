"""Old data and frames make what a fresh snapshot shows, whatever frames are lost, doubled or late.

Random days run through the real services on PostgreSQL. What they publish goes, spoilt, through
the hub's own delivery to a client with the browser's rule, who began with any earlier snapshot.
"""

import asyncio
import itertools
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from booking.models import Appointment
from booking.services import changes, desk, screens, visit
from clinic.accounts.models import Device, User
from clinic.accounts.principals import Principal
from clinic.accounts.services import people
from clinic.accounts.websockets import Devices
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory.models import Patient
from realtime import groups, publish
from realtime.connection import Connection
from realtime.hub import Hub, State
from realtime.publisher import Message
from realtime.snapshots import DatabaseSources
from tests.conftest import Clinic, person
from tests.realtime.test_hub import CALM

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RITA = Actor("user", str(UUID(int=1)), "reception")
LABELS = ("ticket", "short", "full")
GONE = {"cancelled", "expired"}


class Day:
    """A day at the clinic: five patients, two practitioners, and every button."""

    def __init__(self, clinic: Clinic, patients: list[Patient], clock: Any) -> None:
        self.clinic = clinic
        self.patients = patients
        self.clock = clock

    def do(self, what: str, one: int, other: int) -> None:
        """Raises DomainError where the clinic's rules refuse it."""
        getattr(self, what)(one, other)

    def walk_in(self, one: int, other: int) -> None:
        desk.walk_in(
            patient_id=self.patients[one % 5].pk,
            specialty_code="massage",
            practitioner_id=self._practitioner(other),
            actor=RITA,
        )

    def book(self, one: int, other: int) -> None:
        desk.book(
            patient_id=self.patients[one % 5].pk,
            specialty_code="massage",
            practitioner_id=self._practitioner(other),
            start=NOON + timedelta(hours=1 + one % 3),
            actor=RITA,
        )

    def move(self, one: int, other: int) -> None:
        changes.reschedule(
            self._visit(one),
            start=NOON + timedelta(hours=4 + other),
            practitioner_id=self._practitioner(other),
            actor=RITA,
        )

    def cancel(self, one: int, _: int) -> None:
        changes.cancel(self._visit(one), actor=RITA, by_clinic=True)

    def arrive(self, one: int, _: int) -> None:
        visit.arrive(self._visit(one), actor=RITA)

    def call(self, one: int, _: int) -> None:
        visit.call(self._visit(one), actor=RITA)

    def call_again(self, one: int, _: int) -> None:
        visit.call_again(self._visit(one), actor=RITA)

    def call_next(self, one: int, _: int) -> None:
        visit.call_next((self.clinic.sousa, self.clinic.reis)[one % 2].pk, actor=RITA)

    def put_back(self, one: int, _: int) -> None:
        visit.put_back(self._visit(one), actor=RITA)

    def start(self, one: int, _: int) -> None:
        visit.start(self._visit(one), actor=RITA)

    def finish(self, one: int, _: int) -> None:
        visit.finish(self._visit(one), actor=RITA)

    def no_show(self, one: int, _: int) -> None:
        visit.no_show(self._visit(one), actor=RITA)

    def undo(self, one: int, _: int) -> None:
        visit.undo(self._visit(one), actor=RITA)

    def move_room(self, one: int, other: int) -> None:
        room = (self.clinic.room_1, self.clinic.room_2)[other % 2]
        visit.move_room(self._visit(one), room_id=room.pk, actor=RITA)

    def choose_label(self, one: int, other: int) -> None:
        changes.choose_label(self._visit(one), choice=LABELS[other % 3], actor=RITA)

    def rename(self, one: int, other: int) -> None:
        user = User.objects.get(pk=self.patients[one % 5].pk)
        people.update_profile(user, {"label_choice": LABELS[other % 3]})

    def time_passes(self, one: int, _: int) -> None:
        self.clock.shift(timedelta(minutes=1 + one))
        screens.refresh_waits()

    def _practitioner(self, number: int) -> UUID | None:
        return (self.clinic.sousa.pk, self.clinic.reis.pk, None)[number % 3]

    def _visit(self, number: int) -> UUID:
        """One of the day's visits; in an empty day one that doesn't exist."""
        known = list(Appointment.objects.order_by("created_at", "pk").values_list("pk", flat=True))
        return known[number % len(known)] if known else UUID(int=0)


# Two others wait before Ana, who changes her name, and Bruno: their own frames are compared.
MORNING = [*(("walk_in", patient, 0) for patient in (2, 3, 0, 1)), ("rename", 0, 2)]
PRESSES = [name for name in vars(Day) if not name.startswith("_") and name != "do"]
# Half of the presses are those without which no patient gets far.
USUAL = ["walk_in", "walk_in", "book", "arrive", "call_next", "start", "finish", "time_passes"]


@dataclass
class Record:
    """What a day left: after each event every group's snapshot, and all that was published."""

    snapshots: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))
    published: list[list[Message]] = field(default_factory=lambda: [[]])
    presses: list[tuple[str, int, int]] = field(default_factory=list)
    refusals: int = 0

    def look(self, names: list[str]) -> None:
        for name in names:
            self.snapshots[name].append(DatabaseSources().state(name))

    def frames_of(self, group: str, until: int) -> list[Message]:
        sent = itertools.chain.from_iterable(self.published[: until + 1])
        return [message for message in sent if message["group"] == group]


def slot_of(frame: dict[str, Any]) -> str:
    return f"{frame['type']} {frame.get('appointment', '')}"


class Browser:
    """The rule of the pages: of each thing the newest revision, whatever else comes."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.clock_went_back = False
        self.sent: dict[str, list[int]] = defaultdict(list)
        """The revisions of each thing in the order in which the hub wrote them."""

    def take(self, frame: dict[str, Any]) -> None:
        known = self.held.get(slot_of(frame))
        if known is not None:
            if known["revision"] >= frame["revision"]:
                return
            self.clock_went_back |= frame["server_time"] < known["server_time"]
        self.held[slot_of(frame)] = frame


def content(frame: Any) -> Any:
    """What a frame shows: without its number and its time, and without the estimate between the
    two ends of a range, which may move alone."""
    if isinstance(frame, dict):
        return {
            key: content(value)
            for key, value in frame.items()
            if key not in {"revision", "server_time", "estimate_minutes"}
        }
    return [content(one) for one in frame] if isinstance(frame, list) else frame


async def live(record: Record, group: str, chance: random.Random) -> Counter[str]:
    """Browsers that come and go all day, each with some earlier snapshot at first. Whatever spoilt
    frames they had before, with the newest ones they show what is true. Returns what was compared.
    """
    compared: Counter[str] = Counter()
    hub = browser = None
    for number, snapshot in enumerate(record.snapshots[group]):
        if hub is None or browser is None or chance.random() < 0.2:
            if hub is not None:
                await hub.close()
            browser = Browser()
            hub = await _hub(record.snapshots[group][: number + 1], group, browser, chance)
        sent = record.frames_of(group, until=number)
        newest = {message["slot"]: message for message in sent}
        for message in [*chance.choices(sent, k=5 if sent else 0), *newest.values()]:
            hub.receive(message)
            if chance.random() < 0.1:
                # The answer to a question over HTTP, now or from long ago.
                for late in chance.choice(record.snapshots[group][: number + 1]).frames:
                    browser.take(json.loads(late.text))
        held = dict(browser.held)
        for fresh in (json.loads(frame.text) for frame in snapshot.frames):
            shown = held.pop(slot_of(fresh))
            assert content(shown) == content(fresh), record.presses[:number]
            assert shown["server_time"] <= fresh["server_time"]
            compared[fresh["type"]] += 1
        assert {frame["status"] for frame in held.values()} <= GONE
        assert all(numbers == sorted(set(numbers)) for numbers in browser.sent.values())
        assert not browser.clock_went_back
    if hub is not None:
        await hub.close()
    return compared


async def _hub(snapshots: list[State], group: str, browser: Browser, chance: random.Random) -> Hub:
    layer = RedisPubSubChannelLayer(hosts=[settings.REDIS_URL], prefix="same-as-fresh")
    hub = Hub(layer, Given(chance.choice(snapshots)), CALM)

    async def send(event: dict[str, Any]) -> None:
        frame = json.loads(event["text"])
        browser.sent[slot_of(frame)].append(frame["revision"])
        browser.take(frame)

    connection = Connection(
        send, group=group, credential="device.1", principal=Principal(device=Device())
    )
    hub.admit(connection)
    await hub.join(connection)
    return hub


@dataclass
class Given:
    """The database at one moment, which has passed."""

    moment: State

    def revision(self) -> int:
        return self.moment.revision

    def state(self, group: str) -> State:
        return self.moment

    def devices(self) -> Devices:
        return {}

    def ended(self, principals: Mapping[str, Principal]) -> set[str]:
        return set()

    def note_look(self, principal: Principal) -> None:
        raise AssertionError("nobody looks here")


@pytest.fixture
def patients(ana: Patient, bruno: Patient) -> list[Patient]:
    others = [person(name.lower(), f"{name} Lopes", "patient") for name in ("Rui", "Eva", "Nuno")]
    return [ana, bruno, *(Patient.objects.get(pk=one.pk) for one in others)]


@pytest.mark.django_db
def test_whatever_frames_a_client_gets_it_ends_with_what_a_fresh_one_is_given(
    clinic: Clinic,
    patients: list[Patient],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    names = [groups.BOARD, groups.STAFF, *(groups.me(patient.pk) for patient in patients[:2])]
    compared: Counter[str] = Counter()
    events = st.tuples(
        st.sampled_from(PRESSES) | st.sampled_from(USUAL), st.integers(0, 4), st.integers(0, 5)
    )

    @hypothesis_settings(
        max_examples=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # To make a failing day shorter would take minutes; its presses are told anyway.
        phases=[Phase.generate],
        database=None,
        derandomize=True,
    )
    @given(st.lists(events, min_size=8, max_size=16), st.integers(0, 2**32))
    def check(presses: list[tuple[str, int, int]], seed: int) -> None:
        plan = MORNING + presses
        record = Record(presses=plan)
        monkeypatch.setattr(
            publish,
            "publish",
            lambda messages: record.published[-1].extend(message for _, message in messages),
        )
        monkeypatch.setattr(publish, "heard", set)
        with transaction.atomic(), time_machine.travel(NOON, tick=False) as clock:
            day = Day(clinic, patients, clock)
            record.look(names)
            for event in plan:
                clock.shift(timedelta(microseconds=1))
                record.published.append([])
                try:
                    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
                        day.do(*event)
                except DomainError:
                    record.refusals += 1
                    assert record.published[-1] == []
                record.look(names)
            transaction.set_rollback(True)
        for name in names:
            compared.update(asyncio.run(live(record, name, random.Random(seed))))
        compared["refusals"] += record.refusals

    check()

    assert min(compared[kind] for kind in ("board", "day", "visit", "refusals")) >= 30, compared
