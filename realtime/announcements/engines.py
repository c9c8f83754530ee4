"""Who speaks: named by the setting SPEECH_ENGINE, empty for none."""

import importlib.util
import io
import subprocess
import sys
import wave
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from mypy_boto3_polly import PollyClient

POLLY_RATE = 16_000
ESPEAK_SECONDS = 5


class SpeechError(Exception):
    """No clip now; another try may help."""


class SpeechOff(Exception):  # noqa: N818  (a state, not a mistake)
    """The clinic has no voice of its own: its screens use the browser's."""


class SpeechEngine(Protocol):
    @property
    def name(self) -> str:
        """Engine and voice, as part of a storage key: clips of another voice are others."""
        ...

    def speak(self, text: str) -> bytes:
        """The sentence as a WAV file. Raises SpeechError, or SpeechOff where it can never work."""
        ...


def current() -> SpeechEngine:
    """The engine that the settings name. Raises SpeechOff when they name none."""
    if not settings.SPEECH_ENGINE:
        raise SpeechOff
    engine: SpeechEngine = import_string(settings.SPEECH_ENGINE)()
    return engine


@cache
def polly_client(endpoint_url: str | None, region: str) -> "PollyClient":
    """The client for this endpoint (None: Amazon's own), made once in a process. It gives up
    early: the person who is called already walks."""
    # At the first use: else every process would load it at its start.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "polly",
        endpoint_url=endpoint_url,
        region_name=region,
        config=Config(
            connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 1}
        ),
    )


class PollyEngine:
    """Amazon Polly's Inês, who speaks European Portuguese."""

    voice: Final = "Ines"

    @property
    def name(self) -> str:
        return f"polly-{self.voice.lower()}-{settings.POLLY_ENGINE}"

    def speak(self, text: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        client = polly_client(settings.AWS_ENDPOINT_URL, settings.AWS_REGION)
        try:
            answer = client.synthesize_speech(
                Engine=settings.POLLY_ENGINE,
                LanguageCode="pt-PT",
                OutputFormat="pcm",
                SampleRate=str(POLLY_RATE),
                Text=text,
                TextType="text",
                VoiceId=self.voice,
            )
            with closing(answer["AudioStream"]) as stream:
                samples = stream.read()
        except (BotoCoreError, ClientError) as error:
            raise SpeechError(type(error).__name__) from None
        if not samples:
            raise SpeechError("an empty clip")
        return wav(samples, POLLY_RATE)


class EspeakEngine:
    """espeak-ng's pt-PT voice: a robot, but understood. It comes with the development packages
    only, and speaks in a process of its own: the library is GPL, keeps global state, and crashes
    where it should refuse."""

    name = "espeak-pt"

    def speak(self, text: str) -> bytes:
        if importlib.util.find_spec("espeakng_loader") is None:
            raise SpeechOff
        try:
            done = subprocess.run(
                [sys.executable, "-m", "realtime.announcements.espeak"],
                cwd=settings.BASE_DIR,
                input=text.encode(),
                capture_output=True,
                timeout=ESPEAK_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SpeechError(type(error).__name__) from None
        return done.stdout


def wav(samples: bytes, rate: int) -> bytes:
    """Signed 16-bit samples of one channel as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(rate)
        clip.writeframes(samples)
    return file.getvalue()
