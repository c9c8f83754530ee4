"""`make bench`: every measurement of the product, one after the other."""

import os

import django

os.environ.setdefault("CLINIC_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
django.setup()

from tests.bench import fanout, waits  # noqa: E402  (the models must be loaded first)

waits.main()
fanout.main()
