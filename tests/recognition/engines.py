"""Engines that fail, to be named in FACE_ENGINE."""

from typing import NoReturn

from recognition.engines.base import Pixels
from recognition.engines.dlib import DlibEngine


class BrokenEngine(DlibEngine):
    """One whose model breaks at every picture."""

    def detect_and_embed(self, image: Pixels) -> NoReturn:
        raise RuntimeError("the model is gone")
