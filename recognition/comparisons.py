"""Every photo compared with every other one, by either engine."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from clinic.core.errors import DomainError
from recognition import images
from recognition.engines.base import EngineUnavailableError, Flaw, Refused, Vector, sole_face
from recognition.engines.dlib import DlibEngine
from recognition.engines.rekognition import RekognitionEngine
from recognition.errors import Code
from recognition.evaluation import DISTANCE, SIMILARITY, Scale, Values

# Each photo is detected and indexed, then detected and searched.
BILLED_CALLS = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """What the engine said of each photo (row) compared with each other one (column), in the units
    of `scale`; why a photo couldn't be used, by its position; and how long each look took."""

    scale: Scale
    values: Values
    flaws: dict[int, str] = field(default_factory=dict)
    looks_ms: list[float] = field(default_factory=list)

    @classmethod
    def nothing_of(cls, photos: int, scale: Scale) -> "Compared":
        return cls(scale, np.full((photos, photos), scale.never))


def by_distance(engine: DlibEngine, photos: Sequence[Path]) -> Compared:
    """Nothing is stored, and nothing leaves this machine."""
    compared = Compared.nothing_of(len(photos), DISTANCE)
    # Loads the models before the clock starts.
    engine.detect_and_embed(np.zeros((160, 160, 3), dtype=np.uint8))
    vectors: dict[int, Vector] = {}
    for place, path in enumerate(photos):
        photo = _cleaned(path)
        if isinstance(photo, Code):
            compared.flaws[place] = photo
            continue
        pixels = images.decode(photo)
        began = time.perf_counter()
        found = sole_face(engine.detect_and_embed(pixels))
        compared.looks_ms.append(_ms_since(began))
        if isinstance(found, Flaw):
            compared.flaws[place] = found
        else:
            vectors[place] = found
    if vectors:
        usable, gallery = list(vectors), np.stack(list(vectors.values()))
        for place, vector in vectors.items():
            compared.values[place, usable] = engine.distances(vector, gallery)
    return compared


def by_similarity(engine: RekognitionEngine, photos: Sequence[Path]) -> Compared:
    """Enrol every photo in the engine's collection, each as its own upload, then search for each
    one.

    Raises EngineError, also if a search for a photo doesn't find that same photo: others may then
    be missing from the answer too.
    """
    compared = Compared.nothing_of(len(photos), SIMILARITY)
    enrolled: dict[bytes, int] = {}
    for place, path in enumerate(photos):
        photo = _cleaned(path)
        if isinstance(photo, Code):
            compared.flaws[place] = photo
            continue
        learned = engine.enrol(uuid.uuid4(), {1: photo})
        if isinstance(learned, Refused):
            compared.flaws[place] = learned.reasons[1]
        else:
            enrolled[learned[0]] = place
    for template, place in enrolled.items():
        frame = _cleaned(photos[place])
        if isinstance(frame, Code):
            compared.flaws[place] = frame
            continue
        began = time.perf_counter()
        found = engine.likenesses(frame, at_least=0.0)
        compared.looks_ms.append(_ms_since(began))
        if isinstance(found, Flaw):
            compared.flaws[place] = found
        elif template not in found:
            raise EngineUnavailableError("face_not_found_yet")
        else:
            columns = list(enrolled.values())
            compared.values[place, columns] = [found.get(other, 0.0) for other in enrolled]
    return compared


def _cleaned(path: Path) -> bytes | Code:
    try:
        return images.clean(path.read_bytes())
    except OSError:  # not there, or not ours to read
        return Code.IMAGE_UNREADABLE
    except DomainError as error:
        return Code(error.code)


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
