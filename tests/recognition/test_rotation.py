"""A new key for the face templates: nothing is lost on the way, whoever interrupts it."""

import base64
import io
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from recognition import vault
from recognition.models import Enrolment, Template
from recognition.services import rotation

OLD, NEW, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
VECTOR = np.arange(128, dtype=np.float32).tobytes()


def command(*flags: str) -> tuple[str, str, str]:
    """What the command says, what it complains of, and its error, empty when it ends well."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("reseal_faces", *flags, stdout=out, stderr=err, skip_checks=True)
    except CommandError as error:
        return out.getvalue(), err.getvalue(), str(error)
    return out.getvalue(), err.getvalue(), ""


@pytest.fixture
def sealed_by(person: Callable[..., Any], settings: Settings) -> Callable[..., list[Template]]:
    """Templates of one patient each, sealed under that key."""

    def make(key: str, count: int = 1) -> list[Template]:
        settings.FACE_KEY = key
        made = []
        for _ in range(count):
            patient = person()
            enrolment = Enrolment.objects.create(patient_id=patient.pk)
            sealed = vault.seal(VECTOR, owner=patient.pk)
            made.append(
                Template.objects.create(
                    enrolment=enrolment,
                    sealed=sealed.data,
                    key_id=sealed.key_id,
                    engine="dlib",
                    model_hash="m",
                )
            )
        return made

    return make


def opened(template: Template) -> bytes:
    fresh = Template.objects.select_related("enrolment").get(pk=template.pk)
    return vault.unseal(bytes(fresh.sealed), owner=fresh.enrolment.patient_id)


def rows() -> list[tuple[uuid.UUID, bytes, str]]:
    return [
        (pk, bytes(sealed), key)
        for pk, sealed, key in Template.objects.order_by("pk").values_list("pk", "sealed", "key_id")
    ]


def test_the_first_key_seals_and_every_key_opens(settings: Settings) -> None:
    owner = uuid.uuid4()
    settings.FACE_KEY = OLD
    old = vault.seal(VECTOR, owner=owner)

    settings.FACE_KEY = f"{NEW},{OLD}"
    new = vault.seal(VECTOR, owner=owner)

    assert vault.unseal(old.data, owner=owner) == vault.unseal(new.data, owner=owner) == VECTOR
    assert vault.key_ids() == (new.key_id, old.key_id)
    settings.FACE_KEY = NEW
    assert vault.unseal(new.data, owner=owner) == VECTOR
    with pytest.raises(InvalidTag):
        vault.unseal(old.data, owner=owner)


def test_every_template_moves_to_the_new_key_and_the_old_one_can_go(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    templates = sealed_by(OLD, 3)
    settings.FACE_KEY = f"{NEW},{OLD}"

    out, err, error = command()

    assert out.splitlines() == [
        "3 of 3 re-encrypted",
        "3 under the newest key, 0 under older ones",
        "The older keys are not needed any more.",
    ]
    assert (err, error) == ("", "")
    settings.FACE_KEY = NEW
    assert [opened(template) for template in templates] == [VECTOR] * 3


def test_a_second_run_changes_nothing(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    sealed_by(OLD, 2)
    settings.FACE_KEY = f"{NEW},{OLD}"
    command()
    before = rows()

    out, _, error = command()

    assert out.splitlines()[0] == "2 under the newest key, 0 under older ones"
    assert error == ""
    assert rows() == before


def test_a_run_that_was_killed_between_batches_is_taken_up_again(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    templates = sealed_by(OLD, 3)
    settings.FACE_KEY = f"{NEW},{OLD}"

    first = rotation.reseal(limit=2)

    assert first is not None
    assert first.resealed == 2
    assert rotation.standing() == rotation.Standing(current=2, old=1, lost={})
    assert [opened(template) for template in templates] == [VECTOR] * 3
    assert command()[0].splitlines()[0] == "1 of 1 re-encrypted"
    assert rotation.standing() == rotation.Standing(current=3, old=0, lost={})


def test_a_batch_that_dies_halfway_leaves_every_template_as_it_was(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    sealed_by(OLD, 2)
    settings.FACE_KEY = f"{NEW},{OLD}"
    before = rows()

    def die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("UPDATE"):
            raise KeyboardInterrupt
        return result

    with connection.execute_wrapper(die), pytest.raises(KeyboardInterrupt):
        rotation.reseal()

    assert rows() == before


def test_a_key_that_is_missing_is_named_and_nothing_is_lost(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    template = sealed_by(OLD)[0]
    name = vault.key_id()
    settings.FACE_KEY = f"{NEW},{OTHER}"
    before = rows()

    out, err, error = command()

    assert out == "0 under the newest key, 0 under older ones\n"
    assert err == f"1 under key {name}, which FACE_KEY doesn't name: left unchanged\n"
    assert error == "add the missing key at the end of FACE_KEY and run this again"
    assert rows() == before
    settings.FACE_KEY = f"{NEW},{OTHER},{OLD}"
    assert command()[2] == ""
    assert opened(template) == VECTOR


def test_a_damaged_template_is_named_left_and_does_not_stop_the_others(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    templates = sealed_by(OLD, 3)
    broken = templates[1]
    damaged = bytearray(broken.sealed)
    damaged[-1] ^= 1
    Template.objects.filter(pk=broken.pk).update(sealed=bytes(damaged))
    settings.FACE_KEY = f"{NEW},{OLD}"

    _, err, error = command()

    assert err == f"template {broken.pk}: no key in FACE_KEY opens it, left unchanged\n"
    assert error == "damaged templates: their patients have to register again"
    assert rotation.standing() == rotation.Standing(current=2, old=1, lost={})
    assert bytes(Template.objects.get(pk=broken.pk).sealed) == bytes(damaged)


def test_the_check_says_what_is_left_and_changes_nothing(
    sealed_by: Callable[..., list[Template]], settings: Settings
) -> None:
    sealed_by(OLD, 2)
    settings.FACE_KEY = f"{NEW},{OLD}"
    before = rows()

    out, _, error = command("--check")

    assert out == "0 under the newest key, 2 under older ones\n"
    assert error == "2 left: keep the older keys and run this again"
    assert rows() == before
