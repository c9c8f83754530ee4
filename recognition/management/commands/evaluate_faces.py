"""Measure the engine in use on a folder of photographs, one sub-folder per person.

Nothing is enrolled, stored or logged here, and the report names neither folders nor files. Only
photos that couldn't be used are named, on stderr. The local engine sends nothing anywhere.
Rekognition gets every photo, if asked to, in a collection that is deleted at the end.
"""

import json
import statistics
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recognition import engines
from recognition.comparisons import BILLED_CALLS, Compared, by_distance, by_similarity
from recognition.engines import rekognition_trial
from recognition.engines.base import EngineError
from recognition.engines.dlib import DlibEngine
from recognition.engines.rekognition import PAGE, RekognitionEngine
from recognition.evaluation import Pairs, Scale, Trials

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class Photos:
    """`owners` names the owner of each of `paths`, person by person."""

    owners: list[str]
    paths: list[Path]

    @property
    def people(self) -> int:
        return len(set(self.owners))


class Command(BaseCommand):
    help = (
        "Enrols each person from the first photo (by name), probes with the others, and tries "
        "each probe on every other person as an impostor; then compares every photo with every "
        "other one and sweeps the threshold over all these pairs. Prints one JSON object, and on "
        "stderr what it means."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path, help="one folder per person, two or more photos each")
        parser.add_argument(
            "--send-to-amazon",
            action="store_true",
            help="let Amazon Rekognition, where it is the engine, have the photos; it bills them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        photos = _photos_in(options["dir"])
        try:
            engine = engines.current()
        except engines.EngineOff as error:
            raise CommandError("face recognition is switched off (FACE_ENGINE is empty)") from error
        if isinstance(engine, DlibEngine):
            limits = {"accept": engine.accept, "confirm": engine.confirm}
            compared = by_distance(engine, photos.paths)
        elif isinstance(engine, RekognitionEngine):
            limits = {
                "accept": settings.FACE_ACCEPT_SIMILARITY,
                "confirm": settings.FACE_CONFIRM_SIMILARITY,
            }
            compared = self._at_amazon(photos, is_allowed=options["send_to_amazon"])
        else:
            raise CommandError(f"the engine {engine.name} shows nothing to measure")
        for place, reason in sorted(compared.flaws.items()):
            path = photos.paths[place]
            self.stderr.write(f"{path.parent.name}/{path.name}: {reason}")
        trials = Trials.of(photos.owners, compared.values, compared.scale)
        pairs = Pairs.of(photos.owners, compared.values, compared.scale)
        missed = trials.missed(confirm=limits["confirm"])
        report = {
            "engine": engine.name,
            "people": photos.people,
            "photos": len(photos.paths),
            **_of_trials(trials, limits),
            "median_ms": _median(compared),
            **_of_pairs(pairs, limits),
            "people_missed": missed,
        }
        self.stdout.write(json.dumps(report))
        for line in _in_words(engine.name, pairs, limits):
            self.stderr.write(line)
        if missed:
            self.stderr.write(
                f"{missed} of {photos.people} people are not recognised from any other photo"
            )

    def _at_amazon(self, photos: Photos, *, is_allowed: bool) -> Compared:
        count = len(photos.paths)
        if count > PAGE:
            raise CommandError(f"{count} photos: one search names {PAGE} faces at most")
        what = (
            f"{count} photos of {photos.people} people go to Amazon Rekognition in"
            f" {settings.AWS_REGION}, in up to {count * BILLED_CALLS} calls that it bills"
        )
        if not is_allowed:
            raise CommandError(
                f"{what}. Nothing was sent: add --send-to-amazon if they agreed to that."
            )
        self.stderr.write(what)
        self.stderr.write(
            f"they lie in a collection {rekognition_trial.prefix()}<random UUID>, deleted at the"
            " end; one that a killed run left is deleted by the next run after an hour"
        )
        try:
            with rekognition_trial.trial() as engine:
                return by_similarity(engine, photos.paths)
        except rekognition_trial.CollectionLeftError as error:
            raise CommandError(
                f"the collection {error} could not be deleted ({error.__cause__}) and may still be"
                " at Amazon with the faces in it: delete it, or let a run in an hour do so"
            ) from error
        except EngineError as error:
            raise CommandError(
                f"Amazon Rekognition could not be measured ({error}); it has kept no face"
            ) from error


def _photos_in(folder: Path) -> Photos:
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder")
    found = Photos([], [])
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        photos = sorted(path for path in person.iterdir() if path.suffix.lower() in SUFFIXES)
        if len(photos) >= 2:
            found.owners.extend([person.name] * len(photos))
            found.paths.extend(photos)
    if not found.paths:
        raise CommandError(f"{folder} holds no folder with two or more photos")
    return found


def _median(compared: Compared) -> float | None:
    return round(statistics.median(compared.looks_ms), 1) if compared.looks_ms else None


def _of_trials(trials: Trials, limits: dict[str, float]) -> dict[str, int]:
    genuine, false = trials.genuine(**limits), trials.false(**limits)
    return {
        "accepted": genuine.accepted,
        "confirm": genuine.confirm,
        "rejected": genuine.unknown,
        "false_accepts": false.accepted,
        "false_confirms": false.confirm,
        "impostor_pairs": false.pairs,
    }


def _of_pairs(pairs: Pairs, limits: dict[str, float]) -> dict[str, Any]:
    nearest = pairs.nearest_different()
    return {
        "thresholds": limits,
        "same_person": pairs.same_person(**limits).as_dict(),
        "different_people": pairs.different_people(**limits).as_dict(),
        "nearest_different_people": None if nearest is None else round(nearest, 4),
        f"zero_false_accepts_{pairs.scale.reach.replace(' ', '_')}": pairs.zero_false_accepts(),
        "false_accept_rate_at_most": pairs.false_accept_rate_at_most(limits["accept"]),
        "sweep": pairs.sweep(),
    }


def _in_words(engine: str, pairs: Pairs, limits: dict[str, float]) -> Iterator[str]:
    same, different = pairs.same_person(**limits), pairs.different_people(**limits)
    yield (
        f"{engine}, {same.pairs} pairs of photos of one person: {same.accepted} accepted"
        f" {_within(pairs.scale, limits['accept'])}, {same.confirm} to be confirmed"
        f" {_within(pairs.scale, limits['confirm'])}, {same.unknown} unknown"
    )
    yield (
        f"{engine}, {different.pairs} pairs of two people: {different.accepted} falsely"
        f" accepted, {different.confirm} to be confirmed, {different.unknown} unknown"
    )
    lenient = pairs.zero_false_accepts()
    if lenient is None:
        yield "no threshold can be named: no two people were told apart"
    else:
        reach, unit = pairs.scale.reach, pairs.scale.unit
        yield f"no false accept among these pairs {reach} a threshold of {lenient:.2f}{unit}"
    rate = pairs.false_accept_rate_at_most(limits["accept"])
    if rate is not None:
        yield (
            f"none in {pairs.compared_people()} pairs means, at the very best, a rate under"
            f" {rate:.2%} (95 % confidence)"
        )


def _within(scale: Scale, threshold: float) -> str:
    return f"{scale.reach} {threshold}{scale.unit}"
