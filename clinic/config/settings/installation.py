"""The installation: its mode, folder, secrets, addresses, languages and time zone."""

import base64
import hashlib
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ

from clinic.config.settings import reading as env
from clinic.config.settings.reading import UNREADABLE_SETTINGS as UNREADABLE_SETTINGS

BASE_DIR = Path(__file__).resolve().parents[3]

VAR_DIR = Path(env.text("CLINIC_VAR", default=str(BASE_DIR / "var")))
if env.text("CLINIC_ENV", default="demo") == "demo" and (VAR_DIR / "demo.env").is_file():
    # The launcher's secrets and addresses, so that manage.py works on the demo's database. What
    # the environment says itself goes first.
    environ.Env.read_env(VAR_DIR / "demo.env")

CLINIC_ENV = env.text("CLINIC_ENV", default="demo")
PRODUCTION = CLINIC_ENV not in {"demo", "test"}
DEBUG = False
CLINIC_SANDBOX = env.switch("CLINIC_SANDBOX", default=not PRODUCTION)


def secret(name: str) -> str:
    """What the environment says; without a word, outside production, one that only tests know."""
    made = "" if PRODUCTION else hashlib.sha256(f"not for production: {name}".encode()).hexdigest()
    return env.text(name, default="") or made


SECRET_KEY = secret("SECRET_KEY")
JWT_KEY = secret("JWT_KEY")
PAYMENT_WEBHOOK_SECRET = secret("PAYMENT_WEBHOOK_SECRET")
FACE_KEY = env.text("FACE_KEY", default="") or (
    ""
    if PRODUCTION
    else base64.b64encode(hashlib.sha256(b"not for production: face").digest()).decode()
)

PORT = env.whole("PORT", default=8000, most=65535)
PUBLIC_ORIGIN = env.address(
    "PUBLIC_ORIGIN", default=f"http://localhost:{PORT}", schemes=("https", "http")
).rstrip("/")
INTERNAL_ORIGIN = env.address(
    "INTERNAL_ORIGIN", default=f"http://127.0.0.1:{PORT}", schemes=("http", "https")
).rstrip("/")
_public = urlsplit(PUBLIC_ORIGIN)
SECURE = _public.scheme == "https"
ALLOWED_HOSTS = [_public.hostname or "localhost", *env.texts("ALLOWED_HOSTS")]
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", default=0, most=3)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "pt"
LANGUAGES = [("pt", "Português"), ("en", "English")]
CLINIC_TIME_ZONE = env.text("CLINIC_TIME_ZONE", default="") or "Europe/Lisbon"
try:
    TIME_ZONE = ZoneInfo(CLINIC_TIME_ZONE).key
except (ZoneInfoNotFoundError, ValueError):
    TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
