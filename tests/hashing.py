"""Passwords in tests: the clinic's algorithm with a thousandth of the work.

A real hash takes a quarter of a second of the processor and 100 MB, which says nothing about who
may log in. A test that is about the work, or about what happens while it is done, asks for the
fixture `real_hashes`.
"""

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

REAL = tuple(settings.PASSWORD_HASHERS)


class LightArgon2(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 8
    parallelism = 1


LIGHT = (f"{LightArgon2.__module__}.{LightArgon2.__qualname__}",)
