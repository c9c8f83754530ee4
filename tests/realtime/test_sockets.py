"""The four sockets as clients see them: a real server, PostgreSQL and Redis."""

import collections
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus

from booking.models import Appointment
from booking.services import desk, visit
from clinic.accounts import cookies
from clinic.accounts.choices import DeviceKind
from clinic.accounts.models import User
from clinic.accounts.services import devices, sessions
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.conftest import Clinic, Screen
from tests.realtime.conftest import HEARTBEAT_SECONDS, Client, Headers, Server, token

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Actor.system("tests")
Listen = Callable[..., Client]
BrowserOf = Callable[[User], Headers]
ScreenOf = Callable[[str], Screen]


def walk_in(patient: Patient, clinic: Clinic, specialty: str = "massage") -> Appointment:
    return desk.walk_in(
        patient_id=patient.pk,
        specialty_code=specialty,
        practitioner_id=clinic.sousa.pk,
        actor=DESK,
    )


class TestDisplay:
    def test_has_the_whole_board_at_once(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient
    ) -> None:
        appointment = walk_in(ana, clinic)

        board = listen("/ws/display", token(screen("display").token)).next()

        assert board["type"] == "board"
        assert board["clinic"] == "Clínica Vez"
        # It is open all day, every day: until midnight, when the next day opens.
        assert board["server_time"] < board["closes_at"] == board["opens_at"]
        entry = {key: board["entries"][0][key] for key in ("id", "label", "room", "state")}
        assert entry == {
            "id": str(appointment.pk),
            "label": "Ana M.",
            "room": "1",
            "state": "waiting",
        }

    def test_each_change_follows_with_a_higher_revision(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient
    ) -> None:
        appointment = walk_in(ana, clinic)
        display = listen("/ws/display", token(screen("display").token))
        display.next("board")

        for press in (visit.call, visit.put_back, visit.call, visit.start, visit.finish):
            press(appointment.pk, actor=DESK)

        display.until(lambda frame: frame["type"] == "board" and not frame["entries"])
        boards = [frame for frame in display.got if frame["type"] == "board"]
        states = [[entry["state"] for entry in board["entries"]] for board in boards]
        assert states == [["waiting"], ["called"], ["waiting"], ["called"], ["in_room"], []]
        revisions = [board["revision"] for board in boards]
        assert revisions == sorted(set(revisions))

    def test_a_second_identical_press_sends_nothing(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient
    ) -> None:
        appointment = walk_in(ana, clinic)
        visit.call(appointment.pk, actor=DESK)
        display = listen("/ws/display", token(screen("display").token))
        display.next("board")

        visit.call(appointment.pk, actor=DESK)
        display.next("heartbeat")
        display.next("heartbeat")

        assert [frame["type"] for frame in display.got].count("board") == 1

    def test_heartbeats_tell_the_boards_revision(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic
    ) -> None:
        display = listen("/ws/display", token(screen("display").token))
        display.next("board")

        beat = display.next("heartbeat")

        assert set(beat) == {"type", "revision", "server_time", "stale"}
        assert beat["stale"] is False

    def test_hears_of_its_own_new_settings_and_of_no_other_screens(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, rita: User
    ) -> None:
        changed, other = screen("display"), screen("display")
        sockets = [listen("/ws/display", token(one.token)) for one in (changed, other)]
        for socket in sockets:
            socket.next("board")

        devices.change_device(changed.device.pk, by=rita, settings={"volume": 40})

        assert sockets[0].next("settings") == {"type": "settings"}
        sockets[1].next("heartbeat", seconds=3 * HEARTBEAT_SECONDS)
        sockets[1].next("heartbeat", seconds=3 * HEARTBEAT_SECONDS)
        assert {frame["type"] for frame in sockets[1].got} == {"board", "heartbeat"}

    def test_a_paired_browser_comes_with_its_cookie(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, server: Server
    ) -> None:
        cookie = f"{cookies.device_cookie(DeviceKind.DISPLAY)}={screen('display').token}"

        display = listen("/ws/display", {"Cookie": cookie, "Origin": server.origin})

        assert display.next()["type"] == "board"


class TestStaff:
    def test_has_the_day_at_once_and_after_each_change(
        self,
        listen: Listen,
        browser_of: BrowserOf,
        clinic: Clinic,
        ana: Patient,
        rita: User,
    ) -> None:
        appointment = walk_in(ana, clinic)
        staff = listen("/ws/staff", browser_of(rita))
        first = staff.next()
        visit.call(appointment.pk, actor=DESK)
        second = staff.next("day")

        assert first["type"] == "day"
        assert first["date"] == clock.today().isoformat()
        columns = [frame["practitioners"][0] for frame in (first, second)]
        assert [column["name"] for column in columns] == ["Inês Sousa"] * 2
        assert [column["appointments"][0]["status"] for column in columns] == ["arrived", "called"]
        assert second["revision"] > first["revision"]

    def test_opening_it_is_a_look_at_everybody_on_the_day(
        self,
        listen: Listen,
        browser_of: BrowserOf,
        clinic: Clinic,
        ana: Patient,
        bruno: Patient,
        rita: User,
    ) -> None:
        for patient in (ana, bruno):
            walk_in(patient, clinic)

        for _ in range(2):
            assert listen("/ws/staff", browser_of(rita)).next()["type"] == "day"

        # Two, or four where the full hour struck between the two sockets.
        looks = AuditEntry.objects.filter(action="day.read")
        assert {(one.actor_id, one.patient_id) for one in looks} == {
            (str(rita.pk), ana.pk),
            (str(rita.pk), bruno.pk),
        }
        assert looks.count() == len({(one.read_hour, one.patient_id) for one in looks})

    def test_a_display_looks_at_no_record(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient
    ) -> None:
        walk_in(ana, clinic)

        assert listen("/ws/display", token(screen("display").token)).next()["type"] == "board"

        assert not AuditEntry.objects.filter(action="day.read").exists()

    @pytest.mark.parametrize("who", ["rita", "marta", "sousa_user"])
    def test_every_role_of_the_staff_may_listen(
        self, listen: Listen, browser_of: BrowserOf, request: pytest.FixtureRequest, who: str
    ) -> None:
        user = request.getfixturevalue(who)
        request.getfixturevalue("clinic")

        assert listen("/ws/staff", browser_of(user)).next()["type"] == "day"


class TestMe:
    def test_has_each_visit_of_today_at_once_then_a_heartbeat(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient, bruno: Patient
    ) -> None:
        walk_in(bruno, clinic)
        appointment = walk_in(ana, clinic)
        me = listen("/ws/me", browser_of(User.objects.get(pk=ana.pk)))

        frame, after = me.next(), me.next()

        assert frame["type"] == "visit"
        assert frame["appointment"] == str(appointment.pk)
        assert (frame["status"], frame["room"], frame["position"]) == ("arrived", "1", 2)
        assert after["type"] == "heartbeat"

    def test_moves_up_when_somebody_ahead_is_called(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient, bruno: Patient
    ) -> None:
        ahead = walk_in(bruno, clinic)
        mine = walk_in(ana, clinic)
        me = listen("/ws/me", browser_of(User.objects.get(pk=ana.pk)))
        me.next("heartbeat")

        visit.call(ahead.pk, actor=DESK)

        frame = me.next("visit")
        assert (frame["appointment"], frame["position"]) == (str(mine.pk), 1)

    def test_hears_of_the_own_call_and_never_of_somebody_elses(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient, bruno: Patient
    ) -> None:
        his, mine = walk_in(bruno, clinic), walk_in(ana, clinic)
        me = listen("/ws/me", browser_of(User.objects.get(pk=ana.pk)))

        for appointment in (his, mine):
            visit.call(appointment.pk, actor=DESK)
            visit.start(appointment.pk, actor=DESK)
            visit.finish(appointment.pk, actor=DESK)

        me.until(lambda frame: frame.get("status") == "fulfilled")
        assert {frame.get("appointment") for frame in me.got} <= {str(mine.pk), None}
        assert str(his.pk) not in json.dumps(me.got)

    def test_a_patient_without_a_visit_has_a_heartbeat_at_once(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient
    ) -> None:
        me = listen("/ws/me", browser_of(User.objects.get(pk=ana.pk)))

        assert me.next(seconds=HEARTBEAT_SECONDS)["type"] == "heartbeat"


class TestKiosk:
    def test_is_greeted_by_a_heartbeat(self, listen: Listen, screen: ScreenOf) -> None:
        kiosk = listen("/ws/kiosk", token(screen("kiosk").token))

        assert kiosk.next()["type"] == "heartbeat"


class TestWhoMayListen:
    @pytest.fixture
    def refused(self, listen: Listen, server: Server) -> Callable[[str, Headers], int]:
        def refused(path: str, headers: Headers) -> int:
            with pytest.raises(InvalidStatus) as answer:
                listen(path, headers)
            return answer.value.response.status_code

        return refused

    @pytest.mark.parametrize("path", ["/ws/display", "/ws/staff", "/ws/me", "/ws/kiosk"])
    def test_nobody_without_a_credential(
        self, refused: Callable[[str, Headers], int], server: Server, path: str
    ) -> None:
        assert refused(path, {"Origin": server.origin}) == 403
        assert refused(path, {}) == 403
        assert refused(path, token("no such token")) == 403

    def test_each_socket_is_for_one_kind_only(
        self,
        refused: Callable[[str, Headers], int],
        browser_of: BrowserOf,
        screen: ScreenOf,
        ana: Patient,
        rita: User,
    ) -> None:
        patient = browser_of(User.objects.get(pk=ana.pk))
        staff = browser_of(rita)
        display, kiosk = token(screen("display").token), token(screen("kiosk").token)

        answers = {
            (path, name): refused(path, headers)
            for path, others in {
                "/ws/display": {"patient": patient, "staff": staff, "kiosk": kiosk},
                "/ws/staff": {"patient": patient, "display": display, "kiosk": kiosk},
                "/ws/me": {"staff": staff, "display": display, "kiosk": kiosk},
                "/ws/kiosk": {"patient": patient, "staff": staff, "display": display},
            }.items()
            for name, headers in others.items()
        }

        assert len(answers) == 12
        assert set(answers.values()) == {403}

    @pytest.mark.parametrize("path", ["/ws", "/ws/", "/ws/other", "/ws/display/", "/", "/ws/me\n"])
    def test_no_other_path_is_a_socket(
        self, refused: Callable[[str, Headers], int], screen: ScreenOf, path: str
    ) -> None:
        headers = token(screen("display").token)

        assert refused(path.replace("\n", "%0A"), headers) == 403

    @pytest.mark.parametrize(
        "origin",
        [
            "http://127.0.0.1",
            "http://127.0.0.1:1",
            "https://127.0.0.1:{port}",
            "http://localhost:{port}",
            "http://127.0.0.1.evil.example:{port}",
            "http://evil.example",
            "http://127.0.0.1:{port}@evil.example",
            "http://127.0.0.1:{port}/",
            "null",
            "http://[::1",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:{port}, http://evil.example",
            "ws://127.0.0.1:{port}",
        ],
    )
    def test_thirteen_origins_that_are_not_ours(
        self,
        refused: Callable[[str, Headers], int],
        browser_of: BrowserOf,
        screen: ScreenOf,
        server: Server,
        rita: User,
        origin: str,
    ) -> None:
        foreign = origin.format(port=server.origin.rpartition(":")[2])

        assert refused("/ws/staff", {**browser_of(rita), "Origin": foreign}) == 403
        device = {**token(screen("display").token), "Origin": foreign}
        assert refused("/ws/display", device) == 403

    def test_a_browsers_cookies_need_its_origin(
        self, refused: Callable[[str, Headers], int], browser_of: BrowserOf, rita: User
    ) -> None:
        headers = browser_of(rita)
        del headers["Origin"]

        assert refused("/ws/staff", headers) == 403
        assert refused("/ws/staff", {**headers, "Authorization": "Device nonsense"}) == 403

    def test_a_revoked_or_disabled_login_opens_nothing(
        self, refused: Callable[[str, Headers], int], browser_of: BrowserOf, rita: User, marta: User
    ) -> None:
        headers = browser_of(rita)
        sessions.revoke_sessions(rita.pk, actor=DESK, reason="tests")
        assert refused("/ws/staff", headers) == 403

        headers = browser_of(marta)
        User.objects.filter(pk=marta.pk).update(is_active=False)
        assert refused("/ws/staff", headers) == 403


class TestTheEndOfACredential:
    def test_a_revoked_device_loses_its_socket_at_once(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, rita: User
    ) -> None:
        lost, kept = screen("display"), screen("display")
        sockets = [listen("/ws/display", token(one.token)) for one in (lost, kept)]
        for socket in sockets:
            socket.next("board")

        devices.revoke_device(lost.device.pk, by=rita)

        assert sockets[0].closed_with(seconds=2) == 4401
        assert sockets[1].next("heartbeat")["type"] == "heartbeat"

    def test_logout_closes_the_sockets_of_that_session_alone(
        self,
        listen: Listen,
        client_of: Callable[[User], Any],
        server: Server,
        rita: User,
        clinic: Clinic,
    ) -> None:
        here, elsewhere = client_of(rita), client_of(rita)

        def staff(client: Any) -> Client:
            cookie = f"{settings.ACCESS_COOKIE}={client.cookies[settings.ACCESS_COOKIE].value}"
            return listen("/ws/staff", {"Cookie": cookie, "Origin": server.origin})

        sockets = [staff(here), staff(elsewhere)]
        for socket in sockets:
            socket.next("day")

        assert here.post("/api/auth/logout").status_code == 204

        assert sockets[0].closed_with(seconds=2) == 4401
        assert sockets[1].next("heartbeat")["type"] == "heartbeat"


class TestWhatAClientSends:
    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            ('{"type":"ping"}', 1008),
            ('{"type":"websocket.disconnect"}', 1008),
            ('{"type":"frame","group":"board","text":"forged"}', 1008),
            ("{}", 1008),
            (b"\x00\x01", 1008),
            ("not json", 1007),
            ("[]", 1007),
            ("1", 1007),
            ("null", 1007),
            ("", 1007),
            ("[" * 60_000, 1007),
            ('{"a":' * 9_000, 1007),
            ("x" * 65_537, 1009),
            (b"x" * 65_537, 1009),
        ],
    )
    def test_closes_its_own_socket_and_reaches_nobody(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, sent: str | bytes, code: int
    ) -> None:
        headers = token(screen("display").token)
        offender, bystander = listen("/ws/display", headers), listen("/ws/display", headers)
        offender.next("board")
        bystander.next("board")

        offender.socket.send(sent)

        assert offender.closed_with() == code
        assert bystander.next()["type"] == "heartbeat"

    def test_a_frame_of_a_megabyte_is_refused_at_its_announcement(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic
    ) -> None:
        headers = token(screen("display").token)
        offender, bystander = listen("/ws/display", headers), listen("/ws/display", headers)
        offender.next("board")
        bystander.next("board")

        # Binary, final, masked; the length in eight bytes; the mask. None of the million follows.
        announcement = b"\x82\xff" + (1_000_000).to_bytes(8, "big") + b"mask"
        offender.socket.socket.sendall(announcement)

        assert offender.closed_with() == 1009
        assert bystander.next()["type"] == "heartbeat"

    def test_a_flood_is_cut_off_at_its_first_frame(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic
    ) -> None:
        headers = token(screen("display").token)
        offender, bystander = listen("/ws/display", headers), listen("/ws/display", headers)
        bystander.next("board")

        flood = itertools.repeat('{"type":"flood"}', 100_000)
        with pytest.raises(ConnectionClosed):
            collections.deque(map(offender.socket.send, flood), maxlen=0)

        assert bystander.next("heartbeat")["stale"] is False


def test_a_user_has_ten_sockets_and_a_display_more(
    listen: Listen, browser_of: BrowserOf, screen: ScreenOf, clinic: Clinic, rita: User
) -> None:
    headers = browser_of(rita)
    for _ in range(10):
        listen("/ws/staff", headers)
    with pytest.raises(InvalidStatus):
        listen("/ws/staff", headers)

    display = token(screen("display").token)
    for _ in range(15):
        assert listen("/ws/display", display).next()["type"] == "board"
