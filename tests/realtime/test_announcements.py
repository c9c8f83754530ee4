"""Spoken calls: real clips by espeak-ng, and by the real AWS client against a strict server."""

import io
import json
import threading
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from clinic.accounts.models import User
from clinic.core import ratelimit
from clinic.directory.models import Patient, Room
from realtime.announcements import clips, text
from realtime.announcements.engines import EspeakEngine, PollyEngine, SpeechError
from tests.conftest import Clinic, Screen
from tests.disk import full_after

ESPEAK = "realtime.announcements.engines.EspeakEngine"
POLLY = "realtime.announcements.engines.PollyEngine"
MakeScreen = Callable[[str], Screen]
EXPECTED = {
    "Engine": "neural",
    "LanguageCode": "pt-PT",
    "OutputFormat": "pcm",
    "SampleRate": "16000",
    "Text": "Senha A, zero, doze. Gabinete um.",
    "TextType": "text",
    "VoiceId": "Ines",
}
SAMPLES = b"\x01\x02" * 1600


class Polly:
    """What Amazon's server would take, and nothing else."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.is_down = False
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                signed = self.headers.get("Authorization", "")
                double.asked.append(body)
                if double.is_down:
                    self.answer(503, "application/json", b'{"message": "ServiceFailure"}')
                elif (
                    self.path != "/v1/speech"
                    or "/eu-west-1/polly/aws4_request" not in signed
                    or body != EXPECTED
                ):
                    self.answer(400, "application/json", b'{"message": "not as agreed"}')
                else:
                    self.answer(200, "audio/pcm", SAMPLES)

            def answer(self, status: int, content_type: str, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(autouse=True)
def _empty_storage(settings: Settings, tmp_path: Path) -> None:
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture
def polly(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Polly]:
    double = Polly()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    settings.SPEECH_ENGINE = POLLY
    settings.AWS_ENDPOINT_URL = double.url
    yield double
    double.server.shutdown()
    double.server.server_close()


def length_of(clip: bytes) -> float:
    with wave.open(io.BytesIO(clip)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        seconds: float = file.getnframes() / file.getframerate()
    return seconds


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("ticket", "room", "said"),
    [
        ("A012", "3", "Senha A, zero, doze. Gabinete três."),
        ("A001", "1", "Senha A, zero, zero, um. Gabinete um."),
        ("A040", "21", "Senha A, zero, quarenta. Gabinete vinte e um."),
        ("A100", "10", "Senha A, cem. Gabinete dez."),
        ("A116", "2B", "Senha A, cento e dezasseis. Gabinete 2B."),
        ("A999", "Ginásio", "Senha A, novecentos e noventa e nove. Ginásio."),
        ("A1000", "2", "Senha A, mil. Gabinete dois."),
        ("A1100", "2", "Senha A, mil e cem. Gabinete dois."),
        ("A2345", "2", "Senha A, dois mil trezentos e quarenta e cinco. Gabinete dois."),
        ("A000", "2", "Senha A, zero, zero, zero. Gabinete dois."),
    ],
)
def test_numbers_are_said_as_in_portugal(ticket: str, room: str, said: str) -> None:
    assert text.sentence(ticket, room) == said


@pytest.mark.parametrize(
    "ticket", ["", "A", "A12", "A12345", "B012", "a012", "A01x", "A012\n", "A٠١٢", "Ana"]
)
def test_what_can_be_no_ticket_is_never_spoken(
    clinic: Clinic, screen: MakeScreen, polly: Polly, tmp_path: Path, ticket: str
) -> None:
    with pytest.raises(ValueError, match="not a ticket"):
        text.sentence(ticket, "1")

    answer = screen("display").client.get(f"/api/announcements/{quote(ticket or ' ')}/1")

    assert answer.status_code == 404
    assert polly.asked == []
    assert kept(tmp_path) == []


@pytest.mark.parametrize("room", ["3", "01", "1 ", "Ana Martins", "<speak>"])
def test_only_rooms_of_the_clinic_are_spoken(
    clinic: Clinic, screen: MakeScreen, polly: Polly, tmp_path: Path, room: str
) -> None:
    answer = screen("display").client.get(f"/api/announcements/A012/{quote(room)}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert polly.asked == []
    assert kept(tmp_path) == []


def test_polly_is_asked_once_and_its_clip_is_kept(
    clinic: Clinic, screen: MakeScreen, polly: Polly, tmp_path: Path
) -> None:
    display = screen("display").client

    first = display.get("/api/announcements/A012/1")
    again = display.get("/api/announcements/A012/1")

    assert first.status_code == again.status_code == 200
    assert first["Content-Type"] == "audio/wav"
    assert first["Cache-Control"] == "private, max-age=86400"
    assert first.content == again.content
    assert length_of(first.content) == 0.1
    assert polly.asked == [EXPECTED]
    assert [path.read_bytes() for path in kept(tmp_path)] == [first.content]


def test_another_voice_is_another_clip(
    clinic: Clinic, screen: MakeScreen, polly: Polly, settings: Settings
) -> None:
    settings.POLLY_ENGINE = "standard"

    answer = screen("display").client.get("/api/announcements/A012/1")

    # The double takes the neural voice only: that it refuses shows what it was asked for.
    assert answer.status_code == 503
    assert polly.asked == [{**EXPECTED, "Engine": "standard"}]
    assert PollyEngine().name == "polly-ines-standard"


def test_a_failure_of_polly_is_told_and_nothing_is_kept(
    clinic: Clinic, screen: MakeScreen, polly: Polly, tmp_path: Path
) -> None:
    display = screen("display").client
    polly.is_down = True

    failed = display.get("/api/announcements/A012/1")
    kept_meanwhile = kept(tmp_path)
    polly.is_down = False
    later = display.get("/api/announcements/A012/1")

    assert (failed.status_code, failed.json()["code"]) == (503, "unavailable")
    assert failed["Retry-After"] == "2"
    assert kept_meanwhile == []
    assert later.status_code == 200
    assert len(polly.asked) == 2


def test_a_call_is_heard_though_its_clip_has_no_room(
    clinic: Clinic, screen: MakeScreen, polly: Polly, tmp_path: Path
) -> None:
    display = screen("display").client

    with full_after(40):
        heard = display.get("/api/announcements/A012/1")

    assert (heard.status_code, length_of(heard.content)) == (200, 0.1)
    assert kept(tmp_path) == []


def test_the_beginning_of_a_clip_is_never_played(
    clinic: Clinic, screen: MakeScreen, polly: Polly, tmp_path: Path
) -> None:
    display = screen("display").client
    whole = display.get("/api/announcements/A012/1").content
    (file,) = kept(tmp_path)
    file.write_bytes(whole[:40])

    again = display.get("/api/announcements/A012/1")

    assert again.content == file.read_bytes() == whole


@pytest.mark.django_db(transaction=True)
def test_screens_that_hear_the_same_call_have_it_made_once(clinic: Clinic, polly: Polly) -> None:
    together = threading.Barrier(6)

    def ask() -> bytes:
        together.wait()
        try:
            return clips.clip("A012", "1")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = [one.result() for one in [pool.submit(ask) for _ in range(6)]]

    assert len(set(made)) == 1
    assert polly.asked == [EXPECTED]


@time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False)
def test_whoever_asks_for_everything_is_stopped(
    clinic: Clinic, screen: MakeScreen, polly: Polly
) -> None:
    display = screen("display").client
    Room.objects.create(name="7")
    first = display.get("/api/announcements/A012/1")
    scope, subject, limit, seconds = clips.NEW_CLIPS
    for _ in range(59):
        ratelimit.hit(scope, subject, limit=limit, seconds=seconds)

    another = display.get("/api/announcements/A012/7")
    kept_one = display.get("/api/announcements/A012/1")

    assert (first.status_code, kept_one.status_code) == (200, 200)
    assert (another.status_code, another.json()["code"]) == (429, "throttled")
    assert another["Retry-After"] == "60"
    assert polly.asked == [EXPECTED]


def test_a_clinic_without_a_voice_says_so(
    clinic: Clinic, screen: MakeScreen, settings: Settings, tmp_path: Path
) -> None:
    settings.SPEECH_ENGINE = ""

    answer = screen("display").client.get("/api/announcements/A012/1")

    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(tmp_path) == []


def test_espeak_speaks_portuguese(clinic: Clinic, screen: MakeScreen, settings: Settings) -> None:
    settings.SPEECH_ENGINE = ESPEAK

    answer = screen("display").client.get("/api/announcements/A012/1")

    assert answer.status_code == 200
    assert 2.0 < length_of(answer.content) < 6.0


def test_espeak_that_fails_is_an_error_of_speech(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path  # where our module can't be found

    with pytest.raises(SpeechError, match="CalledProcessError"):
        EspeakEngine().speak("Senha A, um.")


def test_staff_may_listen_and_nobody_else(
    clinic: Clinic,
    ana: Patient,
    rita: User,
    polly: Polly,
    anonymous: APIClient,
    screen: MakeScreen,
    client_of: Callable[[User], APIClient],
) -> None:
    address = "/api/announcements/A012/1"

    refused = [one.get(address) for one in (anonymous, client_of(ana), screen("kiosk").client)]

    assert [answer.status_code for answer in refused] == [401, 403, 403]
    assert polly.asked == []
    assert client_of(rita).get(address).status_code == 200
