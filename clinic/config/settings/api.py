"""The API, and the OpenAPI document that describes it."""

from clinic.config.tags import TAGS

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
        "clinic.config.frames.describe",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "clinic.config.schema.list_error_codes",
        "clinic.config.schema.call_record_ids_id",
        "clinic.config.schema.add_answers_of_every_view",
    ],
}
