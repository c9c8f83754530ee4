"""The demo's passwords and device tokens, kept in one file beside the database."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from clinic.accounts import selectors
from clinic.accounts.choices import DeviceKind
from clinic.accounts.models import User
from clinic.accounts.services import create_device, pair_device
from clinic.launcher.files import keep_text

NAMES = {DeviceKind.DISPLAY: "Sala de espera", DeviceKind.KIOSK: "Entrada"}
# fmt: off
WORDS = (
    "alecrim", "andorinha", "azulejo", "bergamota", "calcada", "camelia", "caravela", "cegonha",
    "cerejeira", "cortica", "estuario", "falesia", "figueira", "gaivota", "girassol",
    "jacaranda", "laranjeira", "limoeiro", "loureiro", "maresia", "medronho", "neblina",
    "nogueira", "oliveira", "palmeira", "pinhal", "rosmaninho", "sardinheira", "sobreiro",
    "tangerina", "tulipa", "varanda", "vinhedo", "zambujo",
)
# fmt: on


@transaction.atomic
def hand_out(staff: dict[str, User], file: Path) -> dict[str, Any]:
    """Set every account's password and every device's token from the file, make up the missing
    ones, and write the file, which only its owner can read."""
    known = _read(file)
    handed_out = {
        "accounts": {
            username: {
                "username": username,
                "password": _password(user, known.get("accounts", {}).get(username, {})),
            }
            for username, user in staff.items()
        },
        "devices": {
            kind.value: {
                "token": _token(kind, staff["manager"], known.get("devices", {}).get(kind, {}))
            }
            for kind in NAMES
        },
    }
    if handed_out != known:
        transaction.on_commit(lambda: _write(file, handed_out))
    return handed_out


def _password(user: User, known: dict[str, str]) -> str:
    password = known.get("password") or _draw()
    if not user.check_password(password):
        validate_password(password, user)
        user.set_password(password)
        user.save(update_fields=["password"])
    return password


def _draw() -> str:
    first, second = (secrets.choice(WORDS) for _ in range(2))
    return f"{first}-{second}-{secrets.randbelow(9000) + 1000}"


def _token(kind: DeviceKind, manager: User, known: dict[str, str]) -> str:
    token = known.get("token", "")
    device = selectors.device_from_token(token) if token else None
    if device is not None and device.kind == kind:
        return token
    new = create_device(kind=kind, name=NAMES[kind], created_by=manager)
    return pair_device(code=new.code, address="demo").token


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, handed_out: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    keep_text(file, json.dumps(handed_out, indent=2) + "\n")
