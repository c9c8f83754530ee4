"""What production is made of."""

import subprocess
import sys
from pathlib import Path

from tests.config.test_settings import SOUND

REPOSITORY = Path(__file__).resolve().parents[2]
LOAD_EVERYTHING = """
import importlib, pkgutil, sys
import django

ASIDE = ("clinic.sandbox", "clinic.demo", "clinic.launcher")

def load(name):
    if name not in ASIDE:
        module = importlib.import_module(name)
        for child in pkgutil.iter_modules(getattr(module, "__path__", ())):
            load(f"{name}.{child.name}")

django.setup()
for package in ("clinic", "booking", "billing", "recognition", "realtime"):
    load(package)
print("asgi" if "clinic.config.asgi" in sys.modules else "nothing", "is loaded")
print(*[name for name in sys.modules if name.startswith(ASIDE)])
"""


def test_production_loads_neither_the_stage_nor_the_demo_nor_the_launcher() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD_EVERYTHING],
        cwd=REPOSITORY,
        env={"DJANGO_SETTINGS_MODULE": "clinic.config.settings", **SOUND},
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.stdout.splitlines() == ["asgi is loaded", ""], loaded.stderr
