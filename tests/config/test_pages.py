"""Each front end's page is there for its address and for every client-side route below it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests.conftest import Clinic

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
ROUTES = {
    "/": "index",
    "/consultas": "index",
    "/pay/a-link": "index",
    "/staff": "staff",
    "/staff/agenda": "staff",
    "/kiosk": "kiosk",
    "/display": "display",
}


@pytest.fixture
def front_end(tmp_path: Path) -> Iterator[Path]:
    with override_settings(FRONTEND_DIR=tmp_path):
        yield tmp_path


@pytest.mark.parametrize(("path", "name"), ROUTES.items())
def test_a_route_is_answered_by_its_front_end(
    client: Client, front_end: Path, path: str, name: str
) -> None:
    for built in set(ROUTES.values()):
        (front_end / f"{built}.html").write_text(f"<title>{built}</title>")

    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.getvalue() == f"<title>{name}</title>".encode()


@pytest.mark.parametrize("path", ["/v/a-link", "/repor/a-link"])
def test_a_page_with_a_credential_is_kept_nowhere_and_tells_nobody_its_address(
    client: Client, front_end: Path, path: str
) -> None:
    (front_end / "index.html").write_text("<title>index</title>")

    answer = client.get(path)

    assert answer.getvalue() == b"<title>index</title>"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Permissions-Policy"].startswith("camera=()")
    assert not answer.cookies


AMAZON = "wss://streaming-rekognition.eu-central-1.amazonaws.com"
MODEL = "https://cdn.liveness.rekognition.amazonaws.com"


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/vez-liveness-stream"])
@pytest.mark.parametrize(("path", "name"), ROUTES.items())
def test_only_a_kiosk_that_makes_a_video_may_send_it_to_amazon(
    client: Client, front_end: Path, path: str, name: str, role: str, built: bool
) -> None:
    (front_end / f"{name}.html").write_text(f"<title>{name}</title>")
    if built:
        (front_end / "liveness.json").write_text("{}")
    with override_settings(FACE_LIVENESS_ROLE="", AWS_REGION="eu-central-1"):
        usual = directives(client.get(path)["Content-Security-Policy"])
    assert usual["script-src"] == {"'self'"}
    assert not [source for source in usual["connect-src"] if "amazonaws" in source]

    with override_settings(FACE_LIVENESS_ROLE=role, AWS_REGION="eu-central-1"):
        found = directives(client.get(path)["Content-Security-Policy"])

    if role and built and name == "kiosk":
        assert found.pop("connect-src") == usual.pop("connect-src") | {AMAZON, MODEL}
        assert found.pop("script-src") == usual.pop("script-src") | {"'wasm-unsafe-eval'"}
    assert found == usual


def directives(policy: str) -> dict[str, set[str]]:
    named = [part.split() for part in policy.split(";")]
    return {name: set(sources) for name, *sources in named}


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Atlantic/Azores"])
@pytest.mark.parametrize("name", sorted({*ROUTES.values(), "sandbox"}))
def test_every_page_tells_the_browser_the_zone_that_the_api_tells(
    clinic: Clinic, client: Client, front_end: Path, name: str, zone: str
) -> None:
    # Given the page as it is built, which is written for Lisbon
    (front_end / f"{name}.html").write_text((FRONTEND / f"{name}.html").read_text())

    with override_settings(TIME_ZONE=zone):
        page = client.get("/" if name == "index" else f"/{name}").content.decode()
        told = client.get("/api/clinic").json()["time_zone"]

    assert told == zone
    assert page.count(f'<html lang="pt-PT" data-time-zone="{zone}">') == 1
    assert page.count("data-time-zone") == 1


@pytest.mark.usefixtures("front_end")
def test_without_a_build_there_is_no_page(client: Client) -> None:
    assert client.get("/staff").status_code == 404


def test_the_api_is_no_page(client: Client, front_end: Path) -> None:
    (front_end / "index.html").write_text("<title>index</title>")

    for path in ("/api", "/api/", "/api/nothing"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert b"<title>index</title>" not in answer.content


HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@pytest.mark.parametrize(
    "path",
    [
        "/display",
        "/staff",
        "/staff.html",
        "/assets/staff-C6qkyNhB.js",
        "/favicon.svg",
        "/api/specialties",
        "/api/nothing",
        "/health/live",
        "/nothing.html",
    ],
)
def test_every_answer_says_what_it_may_do(db: None, tmp_path: Path, path: str) -> None:
    """Given a front end that was built before the server started."""
    (tmp_path / "assets").mkdir()
    for built in ("index.html", "staff.html", "display.html", "favicon.svg"):
        (tmp_path / built).write_text(built)
    (tmp_path / "assets" / "staff-C6qkyNhB.js").write_text("1")

    with override_settings(FRONTEND_DIR=tmp_path, WHITENOISE_ROOT=tmp_path):
        answer = Client().get(path)

    said = {name: answer.get(name) for name in HEADERS}
    if path == "/nothing.html" or path == "/staff.html":
        # Nobody's page: the patients' app says that there is none, and enrolment is a part of it.
        said["Permissions-Policy"] = HEADERS["Permissions-Policy"]
    assert said == HEADERS
    assert directives(answer["Content-Security-Policy"])["default-src"] == {"'none'"}
    assert "Access-Control-Allow-Origin" not in answer


def test_what_has_its_content_in_its_name_is_kept_for_years_and_pages_are_asked_for_again(
    db: None, tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "staff-C6qkyNhB.js").write_text("1")
    (tmp_path / "staff.html").write_text("1")

    with override_settings(FRONTEND_DIR=tmp_path, WHITENOISE_ROOT=tmp_path):
        client = Client()
        kept = client.get("/assets/staff-C6qkyNhB.js")["Cache-Control"]
        asked_for = client.get("/staff")["Cache-Control"]

    assert (kept, asked_for) == ("max-age=315360000, public, immutable", "no-cache")
