"""Measure the local engine on a folder of photographs, one sub-folder per person."""

import json
import statistics
import time
from argparse import ArgumentParser
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from clinic.core.errors import DomainError
from recognition import engines, images
from recognition.engines.base import Vector, sole_face
from recognition.engines.dlib import DlibEngine
from recognition.errors import Code

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass
class Person:
    """`enrolled` is the first photo's vector, `probes` the others'; None where none came out."""

    name: str
    enrolled: Vector | None
    probes: list[Vector | None] = field(default_factory=list)


@dataclass
class Tally:
    accepted: int = 0
    confirm: int = 0
    rejected: int = 0

    def count(self, distance: float | None, engine: DlibEngine) -> None:
        if distance is not None and distance <= engine.accept:
            self.accepted += 1
        elif distance is not None and distance <= engine.confirm:
            self.confirm += 1
        else:
            self.rejected += 1


class Command(BaseCommand):
    help = (
        "Enrols each person from the first photo (by name), probes with the others, and tries "
        "each probe on every other person as an impostor. Prints one JSON object."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path, help="one folder per person, two or more photos each")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["dir"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        try:
            engine = engines.current()
        except engines.EngineOff as error:
            raise CommandError("face recognition is switched off (FACE_ENGINE is empty)") from error
        if not isinstance(engine, DlibEngine):
            raise CommandError(f"the engine {engine.name} shows no distances to measure")
        # Loads the models outside the measured time.
        engine.detect_and_embed(np.zeros((160, 160, 3), dtype=np.uint8))
        times: list[float] = []
        people = [self._read(engine, name, photos, times) for name, photos in _people_in(folder)]
        if not people:
            raise CommandError(f"{folder} holds no folder with two or more photos")
        genuine, impostors = _compare(engine, people)
        report = {
            "engine": engine.name,
            "people": len(people),
            "photos": sum(1 + len(person.probes) for person in people),
            "accepted": genuine.accepted,
            "confirm": genuine.confirm,
            "rejected": genuine.rejected,
            "false_accepts": impostors.accepted,
            "false_confirms": impostors.confirm,
            "impostor_pairs": impostors.accepted + impostors.confirm + impostors.rejected,
            "median_ms": round(statistics.median(times), 1) if times else None,
        }
        self.stdout.write(json.dumps(report))

    def _read(
        self, engine: DlibEngine, name: str, photos: list[Path], times: list[float]
    ) -> Person:
        first, *others = (self._vector(engine, photo, times) for photo in photos)
        return Person(name, first, others)

    def _vector(self, engine: DlibEngine, photo: Path, times: list[float]) -> Vector | None:
        try:
            pixels = images.decode(images.clean(photo.read_bytes()))
        except DomainError as error:
            self._skip(photo, Code(error.code))
            return None
        began = time.perf_counter()
        found = sole_face(engine.detect_and_embed(pixels))
        times.append((time.perf_counter() - began) * 1000)
        if isinstance(found, str):
            self._skip(photo, found)
            return None
        return found

    def _skip(self, photo: Path, reason: str) -> None:
        self.stderr.write(f"{photo.parent.name}/{photo.name}: {reason}")


def _people_in(folder: Path) -> list[tuple[str, list[Path]]]:
    people = []
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        photos = sorted(path for path in person.iterdir() if path.suffix.lower() in SUFFIXES)
        if len(photos) >= 2:
            people.append((person.name, photos))
    return people


def _compare(engine: DlibEngine, people: list[Person]) -> tuple[Tally, Tally]:
    """Each probe against its own person, and against every other one. A photo without a vector
    counts as rejected."""
    genuine, impostors = Tally(), Tally()
    for owner in people:
        for probe in owner.probes:
            for person in people:
                tally = genuine if person is owner else impostors
                tally.count(_distance(engine, person.enrolled, probe), engine)
    return genuine, impostors


def _distance(engine: DlibEngine, one: Vector | None, other: Vector | None) -> float | None:
    return None if one is None or other is None else engine.distance(one, other)
