"""What staff set for a display, and what a display says of itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from clinic.accounts import services
from clinic.accounts.choices import DeviceKind, Role
from clinic.accounts.events import DisplayChanged
from clinic.accounts.models import Device, ScreenStatus, User
from clinic.accounts.services import PairedDevice
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry
from tests.accounts.conftest import Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNTOUCHED: dict[str, Any] = {
    "rooms": [],
    "panel": None,
    "volume": 100,
    "quiet": None,
    "night": {"starts": "21:00", "ends": "06:00"},
}
WANTED = {
    "rooms": ["1", "Ginásio"],
    "panel": {"inches": 43, "farthest_seat_metres": "4.5"},
    "volume": 40,
    "quiet": {"starts": "20:00", "ends": "08:30"},
    "night": None,
}
REPORT = {
    "version": "0123456789ab",
    "sound": "on",
    "board": "live",
    "picture": "calls",
    "revision": 1832,
    "tickets": ["A014", "A015"],
    "width": 1920,
    "height": 1080,
}
MakeDevice = Callable[..., PairedDevice]


@pytest.fixture
def staff(make_user: Callable[..., User], browser_of: Callable[[User], Browser]) -> Browser:
    return browser_of(make_user(Role.RECEPTION))


def as_device(paired: PairedDevice) -> APIClient:
    return APIClient(enforce_csrf_checks=True, headers={"Authorization": f"Device {paired.token}"})


def changes_of(paired: PairedDevice) -> list[list[str]]:
    entries = AuditEntry.objects.filter(action="device.changed", subject_id=str(paired.device.pk))
    return [entry.data["fields"] for entry in entries.order_by("pk")]


class TestSettings:
    def test_begin_as_every_display_needs_them(self, make_device: MakeDevice) -> None:
        display, kiosk = make_device(), make_device(DeviceKind.KIOSK)

        assert as_device(display).get("/api/devices/me").json() == {
            "id": str(display.device.pk),
            "kind": "display",
            "name": "The display",
            "settings": UNTOUCHED,
        }
        assert as_device(kiosk).get("/api/devices/me").json() == {
            "id": str(kiosk.device.pk),
            "kind": "kiosk",
            "name": "The kiosk",
            "settings": None,
        }

    def test_are_the_staffs_to_change_and_the_display_hears_of_it_once(
        self, staff: Browser, make_device: MakeDevice, announced: Callable[[type], list[Any]]
    ) -> None:
        display = make_device()
        path = f"/api/devices/{display.device.pk}"
        heard = announced(DisplayChanged)

        answer = staff.patch(path, {"name": "Piso 1", "settings": WANTED})
        again = staff.patch(path, {"name": "Piso 1", "settings": WANTED})

        assert (answer.status_code, again.status_code) == (200, 200)
        assert answer.json()["settings"] == WANTED
        me = as_device(display).get("/api/devices/me").json()
        assert (me["name"], me["settings"]) == ("Piso 1", WANTED)
        assert heard == [DisplayChanged(display.device.pk)]
        assert changes_of(display) == [
            [
                "name",
                "night_ends",
                "night_starts",
                "panel_inches",
                "panel_metres",
                "quiet_ends",
                "quiet_starts",
                "rooms",
                "volume",
            ]
        ]

    def test_what_is_not_mentioned_stays(self, staff: Browser, make_device: MakeDevice) -> None:
        display = make_device()
        path = f"/api/devices/{display.device.pk}"
        staff.patch(path, {"settings": WANTED})

        answer = staff.patch(path, {"settings": {"quiet": None}})

        assert answer.json()["settings"] == WANTED | {"quiet": None}
        assert answer.json()["name"] == "The display"

    @pytest.mark.parametrize(
        ("settings", "pointer", "code"),
        [
            ({"volume": 101}, "/settings/volume", "max_value"),
            ({"volume": -1}, "/settings/volume", "min_value"),
            ({"volume": None}, "/settings/volume", "null"),
            ({"loudness": 3}, "/settings/loudness", "read_only"),
            ({"rooms": "1"}, "/settings/rooms", "not_a_list"),
            ({"rooms": ["1", "x" * 21]}, "/settings/rooms/1", "max_length"),
            ({"rooms": ["1"] * 61}, "/settings/rooms", "max_length"),
            ({"panel": {"inches": 43}}, "/settings/panel/farthest_seat_metres", "required"),
            (
                {"panel": {"inches": 43, "farthest_seat_metres": "NaN"}},
                "/settings/panel/farthest_seat_metres",
                "invalid",
            ),
            (
                {"panel": {"inches": 4, "farthest_seat_metres": "4"}},
                "/settings/panel/inches",
                "min_value",
            ),
            ({"quiet": {"starts": "20:00"}}, "/settings/quiet/ends", "required"),
            (
                {"quiet": {"starts": "20:00", "ends": "25:00"}},
                "/settings/quiet/ends",
                "invalid",
            ),
            (
                {"night": {"starts": "21:00", "ends": "21:00"}},
                "/settings/night/ends",
                "same_as_start",
            ),
        ],
    )
    def test_a_bad_one_is_named_and_nothing_changes(
        self,
        staff: Browser,
        make_device: MakeDevice,
        settings: dict[str, Any],
        pointer: str,
        code: str,
    ) -> None:
        display = make_device()

        answer = staff.patch(
            f"/api/devices/{display.device.pk}",
            {"name": "Piso 1", "settings": {"volume": 40} | settings},
        )

        assert answer.status_code == 400
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            (pointer, code)
        ]
        assert as_device(display).get("/api/devices/me").json()["name"] == "The display"
        assert as_device(display).get("/api/devices/me").json()["settings"] == UNTOUCHED
        assert changes_of(display) == []

    def test_a_kiosk_takes_a_name_only(self, staff: Browser, make_device: MakeDevice) -> None:
        kiosk = make_device(DeviceKind.KIOSK)
        path = f"/api/devices/{kiosk.device.pk}"

        refused = staff.patch(path, {"name": "Porta", "settings": {"volume": 40}})

        assert (refused.status_code, refused.json()["code"]) == (400, "not_a_display")
        assert refused.json()["errors"][0]["pointer"] == "/settings"
        assert as_device(kiosk).get("/api/devices/me").json()["name"] == "The kiosk"
        assert staff.patch(path, {"name": "Porta"}).json()["name"] == "Porta"

    def test_a_revoked_device_has_none_to_change(
        self, staff: Browser, make_device: MakeDevice, make_user: Callable[..., User]
    ) -> None:
        display = make_device()
        by = make_user(Role.MANAGER)
        services.revoke_device(display.device.pk, by=by)

        assert staff.patch(f"/api/devices/{display.device.pk}", {"name": "x"}).status_code == 404
        assert as_device(display).get("/api/devices/me").status_code == 401
        assert Device.objects.get(pk=display.device.pk).name == "The display"

    def test_follow_a_room_to_its_new_name(
        self, make_device: MakeDevice, announced: Callable[[type], list[Any]]
    ) -> None:
        one, other = make_device(), make_device()
        Device.objects.filter(pk=one.device.pk).update(rooms=["1", "2"])
        Device.objects.filter(pk=other.device.pk).update(rooms=["1B"])
        heard = announced(DisplayChanged)

        services.room_was_renamed("1", "Ginásio", by=Actor.system("tests"))

        assert Device.objects.get(pk=one.device.pk).rooms == ["Ginásio", "2"]
        assert Device.objects.get(pk=other.device.pk).rooms == ["1B"]
        assert heard == [DisplayChanged(one.device.pk)]

    @pytest.mark.parametrize("half", ["panel_inches", "quiet_starts", "night_ends"])
    def test_the_database_keeps_no_half_of_one(self, make_device: MakeDevice, half: str) -> None:
        display = make_device()
        value = 43 if half == "panel_inches" else None if half == "night_ends" else "20:00"

        with pytest.raises(IntegrityError, match="whole"), transaction.atomic():
            Device.objects.filter(pk=display.device.pk).update(**{half: value})


class TestStatus:
    def test_the_last_report_is_all_that_is_kept(
        self, staff: Browser, make_device: MakeDevice
    ) -> None:
        display = make_device()
        screen = as_device(display)
        audited = AuditEntry.objects.count()

        with time_machine.travel(NOON, tick=False):
            first = screen.post("/api/devices/me/status", REPORT)
        later = REPORT | {"tickets": [], "picture": "quiet", "sound": "blocked"}
        with time_machine.travel(NOON + timedelta(seconds=30), tick=False):
            screen.post("/api/devices/me/status", later)

        assert first.json() == screen.get("/api/devices/me").json()
        assert ScreenStatus.objects.count() == 1
        assert AuditEntry.objects.count() == audited
        (listed,) = staff.get("/api/devices").json()
        assert listed["status"] == later | {"reported_at": "2026-11-23T12:00:30Z"}
        assert listed["settings"] == UNTOUCHED

    def test_a_device_that_said_nothing_has_none(
        self,
        staff: Browser,
        make_device: MakeDevice,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        make_device()
        make_device(DeviceKind.KIOSK)

        # The session, then the devices.
        with django_assert_num_queries(2):
            listed = staff.get("/api/devices").json()

        assert [(one["kind"], one["settings"], one["status"]) for one in listed] == [
            ("kiosk", None, None),
            ("display", UNTOUCHED, None),
        ]

    @pytest.mark.parametrize(
        ("bad", "pointer"),
        [
            ({"tickets": ["Ana M."]}, "/tickets/0"),
            ({"tickets": ["A014"] * 61}, "/tickets"),
            ({"sound": "loud"}, "/sound"),
            ({"version": "x" * 41}, "/version"),
            ({"width": 0}, "/width"),
            ({"revision": 2**63}, "/revision"),
            ({"labels": ["Ana M."]}, "/labels"),
        ],
    )
    def test_a_bad_report_leaves_the_last_one(
        self, make_device: MakeDevice, bad: dict[str, Any], pointer: str
    ) -> None:
        screen = as_device(make_device())
        screen.post("/api/devices/me/status", REPORT)

        answer = screen.post("/api/devices/me/status", REPORT | bad)

        assert answer.status_code == 400
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        kept = ScreenStatus.objects.values("tickets", "sound", "version", "width").get()
        assert kept == {key: REPORT[key] for key in kept}

    def test_a_screen_that_talks_too_much_is_told_to_wait(self, make_device: MakeDevice) -> None:
        noisy, other = as_device(make_device()), as_device(make_device())

        with time_machine.travel(NOON, tick=False):
            answers = [noisy.post("/api/devices/me/status", REPORT) for _ in range(41)]
            assert other.post("/api/devices/me/status", REPORT).status_code == 200

        assert [answer.status_code for answer in answers] == [200] * 40 + [429]
        assert answers[-1].headers["Retry-After"] == "60"
