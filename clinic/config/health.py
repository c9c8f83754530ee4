"""Liveness and readiness, for load balancers and for the launcher."""

from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from clinic.core import clock
from clinic.core.models import Heartbeat

WORKER_SILENCE = timedelta(seconds=60)


def live(_request: HttpRequest) -> JsonResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503 with Retry-After. Each part is named: ok or failed."""
    parts = {
        "database": _passes(_database),
        "redis": _passes(_redis),
        "migrations": _passes(_migrations),
        "worker": _passes(_worker),
    }
    healthy = all(parts.values())
    response = JsonResponse(
        {
            "status": "ok" if healthy else "failed",
            "parts": {name: "ok" if passed else "failed" for name, passed in parts.items()},
        },
        status=200 if healthy else 503,
    )
    if not healthy:
        response["Retry-After"] = "5"
    return response


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError):
        return False


def _database() -> bool:
    # One statement, so that nobody holds the row for longer than it takes to write it.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_heartbeat (name, at) VALUES ('ready', %s)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at
            """,
            [clock.now()],
        )
    return True


def _redis() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    with client:
        return bool(client.ping())


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _worker() -> bool:
    beat = Heartbeat.objects.filter(name="worker").first()
    return beat is not None and beat.at > clock.now() - WORKER_SILENCE
