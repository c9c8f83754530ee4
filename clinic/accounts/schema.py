"""How the published schema names our two kinds of credentials."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class SessionCookieScheme(OpenApiAuthenticationExtension):
    target_class = "clinic.accounts.authentication.CookieJWTAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.ACCESS_COOKIE,
            "description": "Set by login. Unsafe methods also need the X-CSRFToken header.",
        }


class DeviceTokenScheme(OpenApiAuthenticationExtension):
    target_class = "clinic.accounts.authentication.DeviceAuthentication"
    name = "device"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Device <token>`, or the cookie that pairing sets.",
        }
