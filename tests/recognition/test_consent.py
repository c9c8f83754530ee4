from datetime import date

import pytest
from pytest_django import Settings

from clinic.accounts import birth
from recognition import consent


@pytest.mark.parametrize(
    ("born", "today", "adult"),
    [
        (date(2008, 11, 23), date(2026, 11, 23), True),
        (date(2008, 11, 24), date(2026, 11, 23), False),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (date(1900, 1, 1), date(2026, 11, 23), True),
        (None, date(2026, 11, 23), False),
    ],
    ids=["birthday", "day before", "29 Feb on the 28th", "29 Feb on 1 March", "1900", "unknown"],
)
def test_adults_only(born: date | None, today: date, adult: bool) -> None:
    assert birth.is_adult(born, today) is adult


def test_a_consent_text_that_somebody_agreed_to_is_never_edited() -> None:
    assert {text.version: text.sha256 for text in consent.TEXTS} == {
        "1": "46e984fa1cbc4e383e24473ca5335c1933d83179c24ccabb356e5dfa7aeab9eb",
        "2-amazon": "976ca04013dd3b90f15007f42ed93035cf838ab7f717fb93bde44b67c742a40f",
        "3-amazon-video": "93e54bc2fb9344c0075d69032d12416df72f92e269108e4b56f93e37bd1a8f8e",
    }


@pytest.mark.parametrize("text", consent.TEXTS, ids=lambda text: text.version)
def test_both_languages_say_how_to_take_it_back(text: consent.ConsentText) -> None:
    assert "retirá-la" in text.pt
    assert "withdraw" in text.en


@pytest.mark.parametrize(
    ("engine", "version"),
    [
        ("recognition.engines.dlib.DlibEngine", "1"),
        ("recognition.engines.rekognition.RekognitionEngine", "2-amazon"),
        ("", "1"),
    ],
)
def test_the_text_says_where_the_engine_in_use_keeps_faces(
    settings: Settings, engine: str, version: str
) -> None:
    settings.FACE_ENGINE = engine

    assert consent.current().version == version
    assert ("Amazon" in consent.current().pt) is (version == "2-amazon")
    assert ("Amazon" in consent.current().en) is (version == "2-amazon")


def test_the_text_tells_of_the_video_where_one_is_made(settings: Settings) -> None:
    settings.FACE_ENGINE = "recognition.engines.rekognition.RekognitionEngine"
    assert "vídeo" not in consent.current().pt

    settings.FACE_LIVENESS_ROLE = "arn:aws:iam::123456789012:role/vez-liveness-stream"

    assert consent.current().version == "3-amazon-video"
    assert "um vídeo curto do meu rosto" in consent.current().pt
    assert "a short video of my face" in consent.current().en
