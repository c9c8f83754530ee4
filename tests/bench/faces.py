"""Face check-in, from the photo to the name on the display, beside the bare engine in the same run.

- **Decision**: one process takes a frame in, stores it, finds who it is among the patients who are
  expected today and lets them arrive: until that is committed, and until the screens are told and
  the frame is erased as well. Beside it, taking turns, the engine alone is called for the same
  frame and the same patients.
- **Display**: from the upload at a kiosk until the name stands on a display, through the web
  processes, PostgreSQL, the outbox, its relay, Redis, the worker of the faces and the socket. Every
  guest is a new patient, who is withdrawn and off the board before the next.
- **Kiosks**: five of them never rest; the check-ins a second of one worker process beside the
  pictures a second of the engine alone in one process, and the same in processor time.
- **Memory**: so many images through intake, queue, worker and matching, every one through the
  engine, by a worker as production starts it, with a process for each core, up to two. The cold
  start is that of such a worker, from its start until its models are loaded.
- **Gallery**: 10, 1,000 and 10,000 patients expected, three templates each: how long it takes to
  find the nearest and decide, and beside that to open the gallery (rows, rights, keys).

FACES_SCALE sets another size: 0.03 is over in about a minute. FACES_IMAGES sets the number of
images alone: 3,000 of them take half of the run, 5,000 another two minutes.
"""

import contextlib
import itertools
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from websockets.sync.client import ClientConnection, connect

from booking import selectors as bookings
from booking.events import VisitChanged
from booking.models import Appointment
from clinic.accounts.models import Device
from clinic.accounts.selectors import token_digest
from clinic.config.celery import app
from clinic.core import events, outbox
from clinic.core.models import OutboxMessage
from recognition import engines, gallery, images
from recognition.engines.dlib import DlibEngine, Gallery
from recognition.models import CheckIn, CheckInStatus, Picture
from recognition.services import check_in
from tests.bench import expected_patients, servers, waiting_room
from tests.bench.expected_patients import Guest

SCALE = float(os.environ.get("FACES_SCALE", "1"))
IMAGES = int(os.environ.get("FACES_IMAGES", str(round(3_000 * SCALE))))
DECISIONS = max(6, round(120 * SCALE))
SHOWN = max(6, round(60 * SCALE))
KIOSKS = 5
KIOSK_SECONDS = max(3.0, 20 * SCALE)
CROWD = 100
GALLERIES = (10, 1_000, 10_000)
SEARCHES = max(20, round(200 * SCALE))
OPENINGS = max(3, round(10 * SCALE))
COLD_STARTS = max(1, round(3 * SCALE))
PROCESSES = min(2, os.cpu_count() or 1)
IN_WORK = 4
WARM_UP = 20
SAMPLES = 20
WAIT_SECONDS = 20

DECISION_LIMIT = 1.25
DISPLAY_LIMIT_MS = 60.0
SEARCH_LIMIT_MS = 2.0
MEMORY_LIMIT_MB = 250.0
# What malloc keeps and gives back makes a process breathe; a picture that stayed is 900 kB.
GROWTH_LIMIT_MB = 10.0
COLD_START_LIMIT_SECONDS = 2.0


def main() -> None:
    load = os.getloadavg()
    app.loader.import_default_modules()  # the handlers of a worker
    with _private_files():
        guests = expected_patients.guests()
        expected_patients.crowd(CROWD)
        results = {
            "load": load,
            "guests": len(guests),
            "decision": decision(guests),
            "display": display(guests),
            "kiosks": kiosks(guests),
            "memory": memory(guests),
            "gallery": [search(guests[0], size) for size in GALLERIES],
        }
        left = Picture.objects.count()
    path = servers.write_raw("faces", results)
    _tell(results)
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")
    if left:
        raise SystemExit(f"{left} frames were left behind")


def decision(guests: list[Guest]) -> dict[str, Any]:
    """Frames of new patients, one process: the whole check-in and the bare engine by turns."""
    engine = _engine()
    kiosk_id = _kiosks(1)[0][0]
    patients = expected_patients.expect(DECISIONS + 1)
    bare, decided, whole = [], [], []
    committed = _commits_of_visits()
    for guest, patient in zip(itertools.cycle(guests), patients, strict=False):
        expected_patients.register(patient.patient_id, guest)
        known = gallery.load(engine, bookings.expected_patients())
        frame = images.clean(guest.frame)
        began = time.perf_counter()
        engine.search(frame, known)
        between = time.perf_counter()
        made = check_in.by_photo(device_id=kiosk_id, jpeg=images.clean(guest.frame))
        kept = time.perf_counter()
        message = _message_of(made.pk)
        handed_over = time.perf_counter()
        if not outbox.run(message):
            raise SystemExit("a check-in was not answered")
        ended = time.perf_counter()
        bare.append((between - began) * 1000)
        decided.append((kept - between + committed[-1] - handed_over) * 1000)
        whole.append((kept - between + ended - handed_over) * 1000)
        _must_be_here(made.pk, patient)
        expected_patients.leave(patient)
    return {
        "bare_ms": bare[1:],
        "decided_ms": decided[1:],
        "whole_ms": whole[1:],
        "bare_median_ms": statistics.median(bare[1:]),
        "decided_median_ms": statistics.median(decided[1:]),
        "whole_median_ms": statistics.median(whole[1:]),
        "ratio": statistics.median(decided[1:]) / statistics.median(bare[1:]),
        "whole_ratio": statistics.median(whole[1:]) / statistics.median(bare[1:]),
    }


def _message_of(check_in_id: uuid.UUID) -> uuid.UUID:
    """What the relay hands to the worker. Only this program asks for it, so it isn't counted."""
    found = OutboxMessage.objects.filter(key=f"recognition.identify:{check_in_id}")
    return found.values_list("pk", flat=True).get()


def display(guests: list[Guest]) -> dict[str, Any]:
    """One kiosk, one display, everything between them in processes of its own."""
    engine = _engine()
    _, kiosk_token = _kiosks(1)[0]
    patients = expected_patients.expect(SHOWN + 1)
    bare, shown = [], []
    with ExitStack() as stack:
        clinic = _clinic(stack)
        display_token = waiting_room.display_tokens(1)[0]
        board = stack.enter_context(_listen(clinic.screens, "display", display_token))
        kiosk = stack.enter_context(_camera(clinic.api, kiosk_token))
        for guest, patient in zip(itertools.cycle(guests), patients, strict=False):
            expected_patients.register(patient.patient_id, guest)
            pixels = images.decode(images.clean(guest.frame))
            began = time.perf_counter()
            engine.detect_and_embed(pixels)
            bare.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            _upload(kiosk, guest.frame)
            _await_name(board, patient)
            shown.append((time.perf_counter() - began) * 1000)
            expected_patients.leave(patient)
    added = statistics.median(shown[1:]) - statistics.median(bare[1:])
    return {
        "bare_ms": bare[1:],
        "shown_ms": shown[1:],
        "bare_median_ms": statistics.median(bare[1:]),
        "shown_median_ms": statistics.median(shown[1:]),
        "added_ms": added,
    }


def kiosks(guests: list[Guest]) -> dict[str, Any]:
    """Five kiosks at once, and one worker process; before that the engine alone."""
    bare = _bare_throughput(guests)
    tokens = [token for _, token in _kiosks(KIOSKS)]
    patients = expected_patients.expect(len(guests))
    for guest, patient in zip(guests, patients, strict=True):
        expected_patients.register(patient.patient_id, guest)
    answers: list[list[float]] = [[] for _ in tokens]
    with ExitStack() as stack:
        clinic = _clinic(stack)
        (worker,) = _looking(clinic.worker)
        cameras = [stack.enter_context(_camera(clinic.api, token)) for token in tokens]
        ears = [stack.enter_context(_listen(clinic.screens, "kiosk", token)) for token in tokens]
        _answered(cameras[0], ears[0], guests[0])
        over = time.monotonic() + KIOSK_SECONDS
        cpu = servers.cpu_seconds(worker)

        def never_rest(place: int) -> None:
            turns = itertools.cycle(guests[place % len(guests) :] + guests[: place % len(guests)])
            while (began := time.monotonic()) < over:
                _answered(cameras[place], ears[place], next(turns))
                answers[place].append((time.monotonic() - began) * 1000)

        began = time.monotonic()
        _all_at_once(never_rest, KIOSKS)
        seconds = time.monotonic() - began
        cpu = servers.cpu_seconds(worker) - cpu
    for patient in patients:
        expected_patients.leave(patient)
    count = sum(map(len, answers))
    return {
        "answers_ms": answers,
        "count": count,
        "seconds": seconds,
        "a_second": count / seconds,
        "bare_a_second": bare["count"] / bare["seconds"],
        "ratio": count / seconds / (bare["count"] / bare["seconds"]),
        "cpu_ms": cpu / count * 1000,
        "bare_cpu_ms": bare["cpu"] / bare["count"] * 1000,
        "slowest_ms": max(itertools.chain.from_iterable(answers)),
        "median_ms": statistics.median(itertools.chain.from_iterable(answers)),
    }


def memory(guests: list[Guest]) -> dict[str, Any]:
    """Cold starts, then the images through one more worker."""
    starts, start_cpu = [], []
    for _ in range(COLD_STARTS):
        with servers.face_worker(1) as (worker, seconds):
            starts.append(seconds)
            start_cpu.append(sum(map(servers.cpu_seconds, [worker, *_looking(worker)])))
    kiosk_id = _kiosks(1)[0][0]
    with servers.relay(), servers.face_worker(PROCESSES) as (worker, _):
        looking = _looking(worker)
        turns = itertools.cycle(guests)

        def take_in() -> None:
            _wait_until_few_are_in_work()
            check_in.by_photo(device_id=kiosk_id, jpeg=images.clean(next(turns).frame))

        for _ in range(WARM_UP):
            take_in()
        samples: dict[int, list[tuple[int, float]]] = {pid: [] for pid in looking}
        began = time.monotonic()
        for sent in range(IMAGES):
            take_in()
            if sent % max(1, IMAGES // SAMPLES) == 0:
                for pid in looking:
                    samples[pid].append((sent, servers.memory_mb(pid)))
        _wait_until_few_are_in_work(0)
        for pid in looking:
            samples[pid].append((IMAGES, servers.memory_mb(pid)))
        seconds = time.monotonic() - began
        whole = _shared_once(worker)
    # Nobody is enrolled whom the frames show; any other answer may have come without the engine.
    answers = CheckIn.objects.filter(device_id=kiosk_id).exclude(status="not_recognised")
    if answers.exists():
        raise SystemExit(f"{answers.count()} images were answered otherwise")
    return {
        "cold_starts": starts,
        "cold_start_seconds": statistics.median(starts),
        "cold_start_cpu_seconds": statistics.median(start_cpu),
        "images": IMAGES,
        "processes": len(looking),
        "seconds": seconds,
        "samples": list(samples.values()),
        "most_mb": max(mb for series in samples.values() for _, mb in series),
        "grown_mb": max(_growth(series) for series in samples.values()),
        "tree_mb": whole,
    }


def search(guest: Guest, size: int) -> dict[str, Any]:
    """So many patients are expected, among them the guest, who is found."""
    engine = _engine()
    expected_patients.expect_nobody()
    expected_patients.crowd(size - 1)
    (patient,) = expected_patients.expect(1)
    expected_patients.register(patient.patient_id, guest)
    (face,) = engine.detect_and_embed(images.decode(guest.frame))
    assert face.vector is not None
    opening, searching = [], []
    for _ in range(OPENINGS):
        began = time.perf_counter()
        known = Gallery.of(gallery.load(engine, bookings.expected_patients()))
        opening.append((time.perf_counter() - began) * 1000)
    for _ in range(SEARCHES):
        began = time.perf_counter()
        match = engine.recognise(face.vector, known)
        searching.append((time.perf_counter() - began) * 1000)
        if match.people != (patient.patient_id,):
            raise SystemExit(f"among {size} the guest was not found")
    return {
        "patients": size,
        "templates": len(known.people),
        "opening_ms": opening,
        "searching_ms": searching,
        "opening_median_ms": statistics.median(opening),
        "median_ms": statistics.median(searching),
    }


def _tell(results: dict[str, Any]) -> None:
    made, shown, busy = results["decision"], results["display"], results["kiosks"]
    kept, galleries = results["memory"], results["gallery"]
    print(
        f"\nFaces, {results['guests']} real people among {CROWD} expected, 640x480;"
        f" load {results['load'][0]:.1f}"
    )
    print(
        f"photo to decision, one process, {len(made['whole_ms'])} check-ins: median"
        f" {made['decided_median_ms']:.1f} ms, the engine alone {made['bare_median_ms']:.1f} ms:"
        f" {made['ratio']:.2f} × (limit {DECISION_LIMIT:.2f}); until the screens are told and the"
        f" frame is erased {made['whole_median_ms']:.1f} ms, {made['whole_ratio']:.2f} ×"
    )
    print(
        f"upload to the name on a display, {len(shown['shown_ms'])} check-ins: median"
        f" {shown['shown_median_ms']:.1f} ms, {shown['added_ms']:.1f} ms more than the engine"
        f" alone: {shown['added_ms'] / DISPLAY_LIMIT_MS:.2f} × the limit of"
        f" {DISPLAY_LIMIT_MS:.0f} ms"
    )
    print(
        f"{KIOSKS} kiosks at once, one worker process: {busy['a_second']:.1f} check-ins a second,"
        f" the engine alone {busy['bare_a_second']:.1f} pictures: {busy['ratio']:.2f} ×;"
        f" {busy['cpu_ms']:.0f} ms of processor each beside {busy['bare_cpu_ms']:.0f} ms;"
        f" answered after {busy['median_ms']:.0f} ms (median), at most {busy['slowest_ms']:.0f} ms"
    )
    for found in galleries:
        print(
            f"{found['patients']} expected, {found['templates']} templates: found in"
            f" {found['median_ms']:.2f} ms, {found['median_ms'] / SEARCH_LIMIT_MS:.2f} × the limit"
            f" of {SEARCH_LIMIT_MS:.0f} ms; gallery opened in {found['opening_median_ms']:.1f} ms"
        )
    print(
        f"{kept['images']} images through intake, queue and {kept['processes']} worker processes in"
        f" {kept['seconds']:.0f} s: at most {kept['most_mb']:.0f} MB in one,"
        f" {kept['most_mb'] / MEMORY_LIMIT_MB:.2f} × the limit of {MEMORY_LIMIT_MB:.0f} MB; grown"
        f" by {kept['grown_mb']:.1f} MB from a tenth of them to the end (limit"
        f" {GROWTH_LIMIT_MB:.0f}); {kept['tree_mb']:.0f} MB with the process that leads them"
    )
    print(
        f"cold start of a worker: {kept['cold_start_seconds']:.2f} s,"
        f" {kept['cold_start_seconds'] / COLD_START_LIMIT_SECONDS:.2f} × the limit of"
        f" {COLD_START_LIMIT_SECONDS:.0f} s; {kept['cold_start_cpu_seconds']:.2f} s of processor"
    )


def _engine() -> DlibEngine:
    engine = engines.current()
    assert isinstance(engine, DlibEngine)
    return engine


@contextlib.contextmanager
def _private_files() -> Iterator[None]:
    """Frames are kept in a folder of this run alone, here and in every process that is started."""
    with tempfile.TemporaryDirectory(prefix="vez-faces-") as folder, ExitStack() as stack:
        os.environ["CLINIC_VAR"] = folder
        (Path(folder) / "static").mkdir()
        stack.callback(os.environ.pop, "CLINIC_VAR")
        files = "clinic.storage.folder.FolderStorage"
        options = {"location": str(Path(folder) / "storage" / "private"), "base_url": None}
        private = {"BACKEND": files, "OPTIONS": options}
        stack.enter_context(override_settings(STORAGES={**settings.STORAGES, "private": private}))
        yield


def _commits_of_visits() -> list[float]:
    """When each change of a visit by this process stood in the database; grows with them."""
    moments: list[float] = []

    def note(_: VisitChanged) -> None:
        # The first to hear of the commit: the screens are told after it.
        transaction.on_commit(lambda: moments.append(time.perf_counter()))

    events.subscribe(VisitChanged, note, when="now")
    return moments


def _kiosks(count: int) -> list[tuple[uuid.UUID, str]]:
    tokens = waiting_room.kiosk_tokens(count)
    return [(Device.objects.get(token_hash=token_digest(token)).pk, token) for token in tokens]


@dataclass(frozen=True)
class _Addresses:
    api: str
    screens: str
    worker: int


def _clinic(stack: ExitStack) -> _Addresses:
    """Web processes, relay and a worker, as in production."""
    _, screens = stack.enter_context(servers.web_process())
    api = stack.enter_context(servers.api_process())
    stack.enter_context(servers.relay())
    worker, _ = stack.enter_context(servers.face_worker(1))
    return _Addresses(api, screens, worker)


def _camera(api: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Device {token}"}
    return httpx.Client(base_url=api, headers=headers, timeout=WAIT_SECONDS)


def _upload(kiosk: httpx.Client, frame: bytes) -> str:
    answer = kiosk.post("/api/check-ins", files={"image": ("frame.jpg", frame, "image/jpeg")})
    answer.raise_for_status()
    return str(answer.json()["id"])


def _listen(address: str, screen: str, token: str) -> ClientConnection:
    """The socket of a screen."""
    headers = {"Authorization": f"Device {token}"}
    return connect(f"{address}/ws/{screen}", additional_headers=headers, compression=None)


def _await_name(board: ClientConnection, patient: Appointment) -> None:
    """Read until the patient's name stands on the display."""
    while True:
        frame = json.loads(board.recv(timeout=WAIT_SECONDS))
        for entry in frame.get("entries", []):
            if entry["id"] == str(patient.pk) and entry["label"].endswith(" B."):
                return


def _answered(kiosk: httpx.Client, socket: ClientConnection, guest: Guest) -> None:
    """Show a guest to a kiosk and wait for the answer on its socket."""
    made = _upload(kiosk, guest.frame)
    while True:
        frame = json.loads(socket.recv(timeout=WAIT_SECONDS))
        if frame.get("id") == made:
            if frame["status"] not in {"arrived", "already_arrived"}:
                raise SystemExit(f"a guest was answered {frame['status']}")
            return


def _must_be_here(check_in_id: uuid.UUID, patient: Appointment) -> None:
    answered = CheckIn.objects.get(pk=check_in_id)
    if (answered.status, answered.appointment_id) != (CheckInStatus.ARRIVED, patient.pk):
        raise SystemExit(f"a guest was answered {answered.status}")


def _bare_throughput(guests: list[Guest]) -> dict[str, float]:
    """The engine alone, in this process, on the same frames for as long."""
    engine = _engine()
    pictures = itertools.cycle([images.decode(images.clean(guest.frame)) for guest in guests])
    count, began, cpu = 0, time.monotonic(), time.process_time()
    while time.monotonic() - began < KIOSK_SECONDS / 2:
        engine.detect_and_embed(next(pictures))
        count += 1
    return {
        "count": count,
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
    }


def _all_at_once(work: Callable[[int], None], count: int) -> None:
    """Each in a thread of its own; the first thing that goes wrong is raised here."""
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work, place) for place in range(count)]:
            done.result()


def _looking(worker: int) -> list[int]:
    """The processes of a worker that look at pictures."""
    return [child.pid for child in psutil.Process(worker).children()]


def _wait_until_few_are_in_work(few: int = IN_WORK) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while CheckIn.objects.filter(status=CheckInStatus.PROCESSING).count() > few:
        if time.monotonic() > deadline:
            raise SystemExit("the worker of the faces has stopped answering")
        time.sleep(0.01)


def _growth(series: list[tuple[int, float]]) -> float:
    """How much more a process holds at the end than after the first tenth."""
    return series[-1][1] - next(mb for sent, mb in series if sent >= IMAGES / 10)


def _shared_once(worker: int) -> float:
    """Memory of a worker and its processes together, what they share counted once."""
    leader = psutil.Process(worker)
    family = [leader, *leader.children()]
    return float(sum(process.memory_full_info().pss for process in family) / 1e6)
