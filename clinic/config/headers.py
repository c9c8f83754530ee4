"""What every answer says of itself, whoever makes it: a page, a file, the API or an error."""

import os
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

NOTHING_ALLOWED = "camera=(), microphone=(), geolocation=()"


def permissions_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """No answer may use camera, microphone or place, unless its view says otherwise."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", NOTHING_ALLOWED)
        return response

    return answer


class BuiltFiles(WhiteNoiseMiddleware):
    """Serves what the front end's pages load, but no page: those have views of their own, which say
    how long they may be kept and who may use the camera."""

    def add_file_to_dictionary(
        self, url: str, path: str, stat_cache: dict[str, os.stat_result] | None = None
    ) -> Any:
        if not url.endswith(".html"):
            super().add_file_to_dictionary(url, path, stat_cache)
