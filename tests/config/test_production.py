"""What production is made of."""

import subprocess
import sys
from pathlib import Path

from tests.config.test_settings import SOUND

REPOSITORY = Path(__file__).resolve().parents[2]
LOAD_EVERYTHING = """
import importlib, pkgutil, sys
import django
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

ASIDE = ("clinic.sandbox", "clinic.demo", "clinic.launcher")

def load(name):
    if name not in ASIDE:
        module = importlib.import_module(name)
        for child in pkgutil.iter_modules(getattr(module, "__path__", ())):
            load(f"{name}.{child.name}")

django.setup()
from clinic.config import asgi, wsgi
from clinic.config.celery import app

addresses = get_resolver().url_patterns
app.loader.import_default_modules()
beat = app.Beat().app.conf.beat_schedule
relay = load_command_class(get_commands()["relay"], "relay")
for package in ("clinic", "booking", "billing", "recognition", "realtime"):
    load(package)
print(all([asgi.application, wsgi.application, addresses, app.tasks, beat, relay]))
print(*[name for name in sys.modules if name.startswith(ASIDE)])
"""


def test_no_process_of_production_loads_the_stage_the_demo_or_the_launcher() -> None:
    """Web, websockets, workers, beat and relay in one process, and every module they might load."""
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD_EVERYTHING],
        cwd=REPOSITORY,
        env={"DJANGO_SETTINGS_MODULE": "clinic.config.settings", **SOUND},
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.stdout.splitlines() == ["True", ""], loaded.stderr
