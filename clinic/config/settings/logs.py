"""Logs: JSON lines, without personal data."""

import re
from typing import Any

import structlog

from clinic.config.settings import reading as env
from clinic.core import logs

# Who holds a payment link may pay, who holds a visit's may follow it, and who holds that of a lost
# password may choose another; the token is part of the address. A provider that signs nothing
# shows its key in the query.
SECRET_ADDRESSES = re.compile(
    r"(?P<open>/(?:api/(?:checkout|visits)|pay|v|repor)/|/api/webhooks/payments/[\w-]+(?=\?))"
    r"(?:\?[^\s\"']*|[^/?#\s\"']+)"
)
_log_entry: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    logs.stamp,
    logs.without_messages,
    structlog.processors.ExceptionRenderer(logs.render),
]
structlog.configure(
    processors=[
        *_log_entry,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                logs.without_secrets(SECRET_ADDRESSES),
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": _log_entry,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.level("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # uvicorn would write its errors itself, in a form of its own.
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"level": "WARNING"},
        # One line for each socket that opens or closes.
        "uvicorn.error": {"level": "WARNING"},
        # The hub says once that the layer is gone; the layer itself would say so each second.
        "channels_redis.pubsub": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
    },
}
