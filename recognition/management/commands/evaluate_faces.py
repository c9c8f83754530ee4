"""Measure the local engine on a folder of photographs, one sub-folder per person.

The photos stay where they are: nothing is stored, enrolled, logged or sent, and neither folders nor
files are named in the report. Only those whose photo was of no use are, on stderr.
"""

import json
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Iterator
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
from recognition.evaluation import Pairs

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass
class Person:
    """`enrolled` is the first photo's vector, `probes` the others'; None where none came out."""

    name: str
    enrolled: Vector | None
    probes: list[Vector | None] = field(default_factory=list)

    @property
    def vectors(self) -> list[Vector | None]:
        return [self.enrolled, *self.probes]


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
        "each probe on every other person as an impostor; then compares every photo with every "
        "other one and sweeps the threshold over all these pairs. Prints one JSON object, and on "
        "stderr what it means."
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
        pairs = _pairs(engine, people)
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
            **_of_pairs(engine, pairs),
            "people_missed": len(_missed(engine, people)),
        }
        self.stdout.write(json.dumps(report))
        for line in _in_words(engine, pairs, people):
            self.stderr.write(line)

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


def _pairs(engine: DlibEngine, people: list[Person]) -> Pairs:
    """Every photo beside every other one."""
    owners = [person.name for person in people for _ in person.vectors]
    vectors = [vector for person in people for vector in person.vectors]
    usable = [place for place, vector in enumerate(vectors) if vector is not None]
    distances = np.full((len(vectors), len(vectors)), np.inf)
    if usable:
        gallery = np.stack([vector for vector in vectors if vector is not None])
        for place, vector in zip(usable, gallery, strict=True):
            distances[place, usable] = engine.distances(vector, gallery)
    return Pairs.of(owners, distances)


def _missed(engine: DlibEngine, people: list[Person]) -> list[str]:
    """Who is neither accepted nor asked to confirm from any photo but the enrolled one."""
    return [
        person.name
        for person in people
        if not any(
            (distance := _distance(engine, person.enrolled, probe)) is not None
            and distance <= engine.confirm
            for probe in person.probes
        )
    ]


def _of_pairs(engine: DlibEngine, pairs: Pairs) -> dict[str, Any]:
    limits = {"accept": engine.accept, "confirm": engine.confirm}
    nearest = pairs.nearest_different()
    return {
        "thresholds": limits,
        "same_person": pairs.same_person(**limits).as_dict(),
        "different_people": pairs.different_people(**limits).as_dict(),
        "nearest_different_people": None if nearest is None else round(nearest, 4),
        "zero_false_accepts_up_to": pairs.zero_false_accepts_up_to(),
        "false_accept_rate_at_most": pairs.false_accept_rate_at_most(engine.accept),
        "sweep": pairs.sweep(),
    }


def _in_words(engine: DlibEngine, pairs: Pairs, people: list[Person]) -> Iterator[str]:
    limits = {"accept": engine.accept, "confirm": engine.confirm}
    same, different = pairs.same_person(**limits), pairs.different_people(**limits)
    missed = _missed(engine, people)
    yield (
        f"{engine.name}, {same.pairs} pairs of photos of one person: {same.accepted} accepted up to"
        f" {engine.accept}, {same.confirm} to be confirmed up to {engine.confirm},"
        f" {same.unknown} unknown"
    )
    yield (
        f"{engine.name}, {different.pairs} pairs of two people: {different.accepted} falsely"
        f" accepted, {different.confirm} to be confirmed, {different.unknown} unknown"
    )
    highest = pairs.zero_false_accepts_up_to()
    if highest is None:
        yield "no threshold can be named: no two people were told apart"
    else:
        yield f"no false accept among these pairs up to a threshold of {highest:.2f}"
    rate = pairs.false_accept_rate_at_most(engine.accept)
    if rate is not None:
        yield (
            f"none in {pairs.compared_people()} pairs means, at the very best, a rate under"
            f" {rate:.2%} (95 % confidence)"
        )
    if missed:
        yield f"{len(missed)} of {len(people)} people are not recognised from any other photo"


def _distance(engine: DlibEngine, one: Vector | None, other: Vector | None) -> float | None:
    return None if one is None or other is None else engine.distance(one, other)
