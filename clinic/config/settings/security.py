"""Signing in, cookies, https, and what a page may load."""

from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF

from clinic.config.settings.installation import JWT_KEY, PRODUCTION, PUBLIC_ORIGIN, SECURE

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
KNOWN_COOKIE = f"{COOKIE_PREFIX}known"
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
        "report-uri": ["/csp-reports"],
    }
}
