"""The id that links an answer, its log lines and its audit rows; and the time of the answer."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponse

from clinic.core import clock

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The current request's id, or an empty string outside a request."""
    return _request_id.get()


class RequestIdMiddleware:
    """Gives every request our own id and returns it as X-Request-Id. X-Server-Time is the clinic's
    clock, since Date comes from the clock of whichever host was nearest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        token = _request_id.set(request_id)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
            _request_id.reset(token)
        response["X-Request-Id"] = request_id
        response["X-Server-Time"] = clock.now().isoformat(timespec="milliseconds")
        return response
