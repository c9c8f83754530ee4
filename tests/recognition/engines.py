"""Engines for what can't be waited for, to be named in FACE_ENGINE."""

from collections.abc import Callable, Sequence
from typing import ClassVar, NoReturn
from uuid import UUID

from recognition.engines.base import Flaw, Known, Pixels
from recognition.engines.dlib import DlibEngine
from recognition.matching import Match


class BrokenEngine(DlibEngine):
    """One whose model breaks at every picture."""

    def detect_and_embed(self, image: Pixels) -> NoReturn:
        raise RuntimeError("the model is gone")


class MeanwhileEngine(DlibEngine):
    """One that knows who it is, and then something else happens before it says so."""

    happens: ClassVar[Callable[[], object]]

    def search(self, frame: bytes, known: Sequence[Known]) -> Match[UUID] | Flaw:
        found = super().search(frame, known)
        type(self).happens()
        return found
