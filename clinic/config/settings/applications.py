"""What the product is made of: apps, middleware, entry points."""

import sys

from clinic.config.settings.installation import CLINIC_SANDBOX, PRODUCTION

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
    # Before the files are served, so that these have the headers too.
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clinic.config.headers.permissions_policy",
    "clinic.config.headers.BuiltFiles",
    "clinic.core.problems.ApiProblemsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
