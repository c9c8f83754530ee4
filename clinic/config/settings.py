"""Settings, read once from the environment. docs/operations/settings.md describes every variable.

Nothing is refused here: the apps' `checks` judge the settings when a process starts.
"""

import base64
import hashlib
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF

from clinic.config.tags import TAGS
from clinic.core import logs

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

VAR_DIR = Path(env.str("CLINIC_VAR", default=str(BASE_DIR / "var")))
if env.str("CLINIC_ENV", default="demo") == "demo" and (VAR_DIR / "demo.env").is_file():
    # The launcher's secrets and addresses, so that manage.py works on the demo's database. What
    # the environment says itself goes first.
    environ.Env.read_env(VAR_DIR / "demo.env")

CLINIC_ENV = env.str("CLINIC_ENV", default="demo")
PRODUCTION = CLINIC_ENV not in {"demo", "test"}
DEBUG = False
CLINIC_SANDBOX = env.bool("CLINIC_SANDBOX", default=not PRODUCTION)


def secret(name: str) -> str:
    """What the environment says; without a word, outside production, one that only tests know."""
    made = "" if PRODUCTION else hashlib.sha256(f"not for production: {name}".encode()).hexdigest()
    return env.str(name, default="") or made


SECRET_KEY = secret("SECRET_KEY")
JWT_KEY = secret("JWT_KEY")
PAYMENT_WEBHOOK_SECRET = secret("PAYMENT_WEBHOOK_SECRET")
FACE_KEY = env.str("FACE_KEY", default="") or (
    ""
    if PRODUCTION
    else base64.b64encode(hashlib.sha256(b"not for production: face").digest()).decode()
)

# Addresses ---------------------------------------------------------------------------------------
PORT = env.int("PORT", default=8000)
PUBLIC_ORIGIN = env.str("PUBLIC_ORIGIN", default=f"http://localhost:{PORT}").rstrip("/")
INTERNAL_ORIGIN = env.str("INTERNAL_ORIGIN", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_ORIGIN)
SECURE = _public.scheme == "https"
ALLOWED_HOSTS = [_public.hostname or "localhost", *env.list("ALLOWED_HOSTS", default=[])]
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Applications ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # Django's `runserver` of development, with websockets. All else would load it for nothing.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "clinic.core",
    "clinic.accounts",
    "clinic.directory",
    "clinic.notifications",
    "clinic.storage",
    "booking",
    "billing",
    "recognition",
    "realtime",
    "clinic.config",
]
if CLINIC_SANDBOX and not PRODUCTION:
    INSTALLED_APPS += ["clinic.sandbox", "clinic.demo"]

MIDDLEWARE = [
    "clinic.core.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinic.core.problems.ApiProblemsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "clinic.config.urls"
WSGI_APPLICATION = "clinic.config.wsgi.application"
ASGI_APPLICATION = "clinic.config.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database ----------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.db_url(
            "DATABASE_URL",
            default="" if PRODUCTION else "postgresql://clinic@127.0.0.1:5432/vez",
        ),
        "ENGINE": "clinic.core.postgres",
        # A kiosk rests for minutes between two people; the second needs no new connection.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
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

# Redis: channel layer and broker share a server, apart by key prefix -----------------------------
REDIS_URL = env.str("REDIS_URL", default="" if PRODUCTION else "redis://127.0.0.1:6379/0")
# Pub/sub knows no database numbers: the prefix keeps two installations on one server apart.
CHANNEL_PREFIX = env.str("CHANNEL_PREFIX", default=f"vez{urlsplit(REDIS_URL).path or '/0'}")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
    }
}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
OUTBOX_RETRY_SECONDS = env.float("OUTBOX_RETRY_SECONDS", default=5.0)

# Signing in --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
COOKIE_PREFIX = "__Host-" if SECURE else "vez_"
ACCESS_COOKIE = f"{COOKIE_PREFIX}at"
REFRESH_COOKIE = f"{COOKIE_PREFIX}rt"
DEVICE_COOKIE = f"{COOKIE_PREFIX}device"
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "ISSUER": "vez",
    "AUDIENCE": "vez-web",
    # Hosts that have lost sight of the database may differ by so much.
    "LEEWAY": timedelta(seconds=30),
    "UPDATE_LAST_LOGIN": False,
}
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}admin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Strict"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF, PUBLIC_ORIGIN.replace("http", "ws", 1)],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}

# API ---------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinic.accounts.authentication.CookieJWTAuthentication",
        "clinic.accounts.authentication.DeviceAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["clinic.accounts.permissions.Denied"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "clinic.core.negotiation.OwnFormFirst",
    "DEFAULT_PAGINATION_CLASS": "clinic.core.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clinic.core.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vez",
    "DESCRIPTION": "A physiotherapy clinic's day: booking, payment, check-in, the live queue.",
    "VERSION": "1.0.0",
    "CONTACT": {"name": "The maintainers of Vez"},
    "LICENSE": {"name": "Apache-2.0"},
    "SERVERS": [{"url": "/", "description": "The installation that serves this document"}],
    "TAGS": TAGS,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/",
    "ENUM_NAME_OVERRIDES": {
        "AppointmentStatus": "booking.choices.AppointmentStatus",
        "CheckInStatus": "recognition.models.CheckInStatus",
        "DeviceKind": "clinic.accounts.choices.DeviceKind",
        "LabelChoice": "clinic.accounts.choices.LabelChoice",
        "EnrolmentStatus": "recognition.models.EnrolmentStatus",
        "Language": "clinic.accounts.choices.Language",
        "PaymentStatus": "billing.payments.models.PaymentStatus",
        "Role": "clinic.accounts.choices.Role",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "clinic.config.schema.list_error_codes",
        "clinic.config.schema.call_record_ids_id",
        "clinic.config.schema.add_answers_of_every_view",
    ],
}

# Language and time -------------------------------------------------------------------------------
LANGUAGE_CODE = "pt"
LANGUAGES = [("pt", "Português"), ("en", "English")]
CLINIC_TIME_ZONE = env.str("CLINIC_TIME_ZONE", default="") or "Europe/Lisbon"
try:
    TIME_ZONE = ZoneInfo(CLINIC_TIME_ZONE).key
except (ZoneInfoNotFoundError, ValueError):
    TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Background work ---------------------------------------------------------------------------------
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
# The queues that each worker takes, as docker/start starts them. A task says its queue where it is
# registered: here no mail server keeps money waiting, no bank an invoice, and no money the clock.
WORKERS = {
    "worker": ["default"],
    "provider-worker": ["payments", "documents", "files"],
    "message-worker": ["sms", "email"],
    "clock-worker": ["clockwork"],
    "face-worker": ["recognition"],
}
# Short, and of the database alone: beside it no backlog and nobody else's silence holds up the day.
CELERY_TASK_ROUTES = {
    "booking.expire_holds": {"queue": "clockwork"},
    "booking.refresh_waits": {"queue": "clockwork"},
    "booking.close_past_days": {"queue": "clockwork"},
    "billing.expire_payments": {"queue": "clockwork"},
    # What asks others, who may never answer.
    "billing.ask_about_payments": {"queue": "payments"},
    "billing.look_at_references": {"queue": "payments"},
    "billing.reconcile": {"queue": "payments"},
    "billing.follow_documents": {"queue": "documents"},
    "billing.render_overdue": {"queue": "documents"},
    # What erases files one by one, from storage that may be slow.
    "recognition.sweep": {"queue": "files"},
    "recognition.expire": {"queue": "files"},
    "storage.sweep": {"queue": "files"},
}
# Nobody asks workers for anything but work, and the connection that remote control listens on hangs
# the whole worker when it alone is lost: its reading has no time limit.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CONSUMER = "clinic.config.vitals:Consumer"
CELERY_BEAT_SCHEDULER = "clinic.config.vitals:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
CELERY_TASK_PUBLISH_RETRY = False
# Celery would close the database connection around every task; clinic/config/celery.py keeps it.
CELERY_DB_REUSE_MAX = sys.maxsize
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# In a queue the lowest number is taken first: what the clock asks for is due now, and has 0.
OUTBOX_PRIORITY = 5
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
    "global_keyprefix": "celery:",
    "priority_steps": [0, OUTBOX_PRIORITY],
}
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Nothing expires on its way: beat and workers would compare the clocks of their hosts.
CELERY_BEAT_SCHEDULE = {
    **{
        f"heartbeat-{worker}": {
            "task": "core.heartbeat",
            "schedule": 10.0,
            "args": [worker],
            "options": {"queue": queue},
        }
        for worker, (queue, *_others) in WORKERS.items()
    },
    "expire-holds": {"task": "booking.expire_holds", "schedule": 15.0},
    "refresh-waits": {"task": "booking.refresh_waits", "schedule": 60.0},
    "expire-payments": {"task": "billing.expire_payments", "schedule": 30.0},
    "ask-about-payments": {"task": "billing.ask_about_payments", "schedule": 30.0},
    "look-at-references": {"task": "billing.look_at_references", "schedule": 3600.0},
    "follow-documents": {"task": "billing.follow_documents", "schedule": 60.0},
    "render-overdue": {"task": "billing.render_overdue", "schedule": 3600.0},
    "reconcile-payments": {"task": "billing.reconcile", "schedule": crontab(hour=4, minute=15)},
    "learn-times": {"task": "booking.learn_times", "schedule": crontab(hour=3, minute=30)},
    "close-past-days": {"task": "booking.close_past_days", "schedule": 1800.0},
    "expire-faces": {"task": "recognition.expire", "schedule": 3600.0},
    "sweep-pictures": {"task": "recognition.sweep", "schedule": 60.0},
    "clean": {"task": "core.clean", "schedule": 3600.0},
    "sweep-storage": {"task": "storage.sweep", "schedule": 3600.0},
    "forget-texts": {"task": "notifications.forget_old_texts", "schedule": 3600.0},
    "forget-notices": {"task": "billing.forget_old_bodies", "schedule": 3600.0},
    "clean-sessions": {"task": "accounts.clean_sessions", "schedule": 3600.0},
}

# Messages ----------------------------------------------------------------------------------------
_sandbox = "clinic.sandbox.transports"
_real = "clinic.notifications.channels"
MESSAGE_TRANSPORTS = {
    "sms": env.str(
        "SMS_TRANSPORT",
        default=f"{_sandbox}.SandboxSms" if CLINIC_SANDBOX else f"{_real}.sms.sns.SnsTransport",
    ),
    "email": env.str(
        "EMAIL_TRANSPORT",
        default=f"{_sandbox}.SandboxEmail"
        if CLINIC_SANDBOX
        else f"{_real}.email.smtp.SmtpTransport",
    ),
}
AWS_REGION = env.str("AWS_REGION", default="eu-west-1")
AWS_ENDPOINT_URL = env.str("AWS_ENDPOINT_URL", default="") or None
# Numbers elsewhere are refused: text messages to some countries are a way to drain an account.
SMS_COUNTRY_CODES = env.list("SMS_COUNTRY_CODES", cast=int, default=[351])
# An appointment that is paid and moved once takes three messages, so three of them in a day get
# through; whoever books and cancels with a stranger's number soon doesn't. At the demo everybody
# plays with the same few numbers.
SMS_PER_NUMBER_A_DAY = env.int("SMS_PER_NUMBER_A_DAY", default=1000 if CLINIC_ENV == "demo" else 10)
SNS_SENDER_ID = env.str("SNS_SENDER_ID", default="Vez")
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Vez <nao-responda@vez.example>")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=587 if PRODUCTION else 25)
EMAIL_HOST_USER = env.str("EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_TLS", default=PRODUCTION)
EMAIL_TIMEOUT = 10
# For all the steps of one mail together; a mail server takes a second or two.
EMAIL_LONGEST_SECONDS = 20.0

# Files -------------------------------------------------------------------------------------------
S3_PRIVATE_BUCKET = env.str("S3_PRIVATE_BUCKET", default="")
S3_PUBLIC_BUCKET = env.str("S3_PUBLIC_BUCKET", default="")


def object_storage(bucket: str, folder: str) -> dict[str, Any]:
    """S3 where a bucket is named, else a folder under var/. S3 that is down says so while somebody
    still waits at a kiosk: of itself the client would try for minutes."""
    if not bucket:
        return {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(VAR_DIR / "storage" / folder), "base_url": None},
        }
    from botocore.config import Config

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "region_name": AWS_REGION,
            "endpoint_url": AWS_ENDPOINT_URL,
            "querystring_expire": 300,
            "file_overwrite": False,
            "default_acl": None,
            "client_config": Config(
                connect_timeout=1,
                read_timeout=3,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        },
    }


STORAGES = {
    "default": object_storage(S3_PRIVATE_BUCKET, "private"),
    "private": object_storage(S3_PRIVATE_BUCKET, "private"),
    "public": object_storage(S3_PUBLIC_BUCKET, "public"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FRONTEND_DIR = BASE_DIR / "frontend" / "dist"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ROOT = FRONTEND_DIR if FRONTEND_DIR.is_dir() else None
WHITENOISE_INDEX_FILE = False

# Payments and check-in ---------------------------------------------------------------------------
# PEM of the RSA key that certified documents are signed with; not needed while they are training.
# Where a variable has but one line, the ends of the key's lines may be written as \n.
INVOICE_SIGNING_KEY = env.str("INVOICE_SIGNING_KEY", default="", multiline=True)
# Dotted path of what puts a seal on their PDFs (billing/invoicing/sealing.py); none: they stay as
# they are.
PDF_SEALER = env.str("PDF_SEALER", default="")
# Dotted path of who issues the documents (billing/invoicing/issuers); a third party's are only
# kept here.
INVOICE_ISSUER = env.str("INVOICE_ISSUER", default="") or "billing.invoicing.issuers.own.OwnIssuer"
INVOICEXPRESS_API_KEY = env.str("INVOICEXPRESS_API_KEY", default="")
INVOICEXPRESS_SEQUENCE = env.str("INVOICEXPRESS_SEQUENCE", default="")
INVOICEXPRESS_URL = env.str("INVOICEXPRESS_URL", default="").rstrip("/")
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="sandbox" if CLINIC_SANDBOX else "")
EUPAGO_API_KEY = env.str("EUPAGO_API_KEY", default="")
EUPAGO_WEBHOOK_KEY = env.str("EUPAGO_WEBHOOK_KEY", default="")
EUPAGO_CLIENT_ID = env.str("EUPAGO_CLIENT_ID", default="")
EUPAGO_CLIENT_SECRET = env.str("EUPAGO_CLIENT_SECRET", default="")
EUPAGO_URL = env.str(
    "EUPAGO_URL",
    default="https://clientes.eupago.pt" if PRODUCTION else "https://sandbox.eupago.pt",
).rstrip("/")
IFTHENPAY_BACKOFFICE_KEY = env.str("IFTHENPAY_BACKOFFICE_KEY", default="")
IFTHENPAY_ANTI_PHISHING_KEY = env.str("IFTHENPAY_ANTI_PHISHING_KEY", default="")
IFTHENPAY_ENTITY = env.str("IFTHENPAY_ENTITY", default="")
IFTHENPAY_SUBENTITY = env.str("IFTHENPAY_SUBENTITY", default="")
IFTHENPAY_MBWAY_KEY = env.str("IFTHENPAY_MBWAY_KEY", default="")
IFTHENPAY_URL = env.str("IFTHENPAY_URL", default="https://api.ifthenpay.com").rstrip("/")
SANDBOX_BANK_URL = env.str("SANDBOX_BANK_URL", default=f"{INTERNAL_ORIGIN}/api/sandbox/bank")
HOLD_MINUTES = 15
CHECK_IN_EARLIEST_MINUTES = env.int("CHECK_IN_EARLIEST_MINUTES", default=24 * 60)
FACE_ENGINE = env.str("FACE_ENGINE", default="recognition.engines.dlib.DlibEngine")
FACE_ACCEPT_DISTANCE = env.float("FACE_ACCEPT_DISTANCE", default=0.45)
FACE_CONFIRM_DISTANCE = env.float("FACE_CONFIRM_DISTANCE", default=0.50)
FACE_MARGIN = env.float("FACE_MARGIN", default=0.05)
FACE_COLLECTION = env.str("FACE_COLLECTION", default="")
FACE_ACCEPT_SIMILARITY = env.float("FACE_ACCEPT_SIMILARITY", default=99.0)
FACE_CONFIRM_SIMILARITY = env.float("FACE_CONFIRM_SIMILARITY", default=95.0)
# With the role of Rekognition's video streams named, check-ins by face begin with a video that must
# show somebody alive. Amazon calls 50 or 60 moderate, and 80 or 90 high, against forged videos too.
FACE_LIVENESS_ROLE = env.str("FACE_LIVENESS_ROLE", default="")
FACE_LIVENESS_CONFIDENCE = env.float("FACE_LIVENESS_CONFIDENCE", default=80.0)
FACE_WORKER_CONCURRENCY = env.int("FACE_WORKER_CONCURRENCY", default=2)

# Spoken calls: none by itself where a real clinic runs or a test names none ----------------------
SPEECH_ENGINE = env.str(
    "SPEECH_ENGINE",
    default="realtime.announcements.engines.EspeakEngine" if CLINIC_ENV == "demo" else "",
)
POLLY_ENGINE = env.str("POLLY_ENGINE", default="neural")

# Sockets -----------------------------------------------------------------------------------------
WS_HEARTBEAT_SECONDS = env.float("WS_HEARTBEAT_SECONDS", default=4.0)
WS_MAX_AGE_SECONDS = env.float("WS_MAX_AGE_SECONDS", default=8 * 3600.0)

# Logs: JSON lines, without personal data ---------------------------------------------------------
# Who holds a payment link may pay, and who holds a visit's may follow it; the token is part of the
# address. A provider that signs nothing shows its key in the query.
SECRET_ADDRESSES = re.compile(
    r"(?P<open>/(?:api/(?:checkout|visits)|pay|v)/|/api/webhooks/payments/[\w-]+(?=\?))"
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
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
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
