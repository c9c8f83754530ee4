"""PostgreSQL, and Redis under the websockets."""

from urllib.parse import urlsplit

import environ

from clinic.config.settings import reading as env
from clinic.config.settings.installation import PRODUCTION

DATABASE_URL = env.address(
    "DATABASE_URL",
    default="" if PRODUCTION else "postgresql://clinic@127.0.0.1:5432/vez",
    schemes=("postgresql", "postgres"),
)
_database = environ.Env.db_url_config(DATABASE_URL)
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "clinic.core.postgres",
        # A kiosk rests for minutes between two people; the second needs no new connection.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # What the address asks for, such as `sslmode`.
            **_database.get("OPTIONS", {}),
            "connect_timeout": 5,
            # Statements keep their plans: of a check-in's 16 ms in the database 5 go into planning.
            "server_side_binding": True,
            "prepare_threshold": 5,
            # A server at the end of a dead wire is given up after some 20 s, not after two hours.
            "tcp_user_timeout": 20_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "options": "-c lock_timeout=5s -c statement_timeout=15s"
            " -c idle_in_transaction_session_timeout=60s",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# What a host believes decides nothing (clinic/core/clock.py).
CLOCK_FOLLOWS_DATABASE = True

# Servers to which an unencrypted link is no risk: on this machine, or on a network of its own.
LOCAL_SERVERS = {"localhost", "127.0.0.1", "::1", "", *env.texts("LOCAL_SERVERS")}

# Channel layer and broker share a server, apart by key prefix.
REDIS_URL = env.address(
    "REDIS_URL",
    default="" if PRODUCTION else "redis://127.0.0.1:6379/0",
    schemes=("redis", "rediss", "unix"),
)
# Pub/sub knows no database numbers: the prefix keeps two installations on one server apart.
CHANNEL_PREFIX = env.text("CHANNEL_PREFIX", default=f"vez{urlsplit(REDIS_URL).path or '/0'}")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
    }
}
