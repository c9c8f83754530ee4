"""Bring the database up to date and fill the demo clinic, in one start of Django."""

import os

import django
from django.core.management import call_command

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
    django.setup()
    call_command("migrate", interactive=False)
    call_command("seed_demo")
