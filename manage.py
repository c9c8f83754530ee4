#!/usr/bin/env python
"""Django's command line for the clinic."""

import os
import sys

from django.core.management import execute_from_command_line
from django.core.management.base import SystemCheckError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
    try:
        execute_from_command_line(sys.argv)
    except SystemCheckError as faults:  # found before any command could tell them
        sys.exit(str(faults))
