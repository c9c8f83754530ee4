"""Liveness and readiness, for load balancers and for the launcher."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinic.core import clock
from clinic.core.models import Heartbeat

WORKER_SILENCE = timedelta(seconds=60)


def live(_request: HttpRequest) -> JsonResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """200 if every part works, else 503 with Retry-After. Names each part and each worker, with ok
    or failed. The part `worker` stands for all workers."""
    workers = {name: _passes(partial(_works, name)) for name in settings.WORKERS}
    parts = {
        "database": _passes(_database),
        "redis": _passes(_redis),
        "migrations": _passes(_migrations),
        "worker": all(workers.values()),
    }
    healthy = all(parts.values())
    response = JsonResponse(
        {"status": _word(healthy), "parts": _words(parts), "workers": _words(workers)},
        status=200 if healthy else 503,
    )
    if not healthy:
        response["Retry-After"] = "5"
    return response


def _words(parts: dict[str, bool]) -> dict[str, str]:
    return {name: _word(passed) for name, passed in parts.items()}


def _word(passed: bool) -> str:
    return "ok" if passed else "failed"


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError):
        return False


def _database() -> bool:
    # One statement, so that the row is locked only as long as it takes to write it.
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
    once = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=once
    ) as client:
        return bool(client.ping())


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _works(worker: str) -> bool:
    return Heartbeat.objects.filter(name=worker, at__gt=clock.now() - WORKER_SILENCE).exists()
