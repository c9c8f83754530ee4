"""Django's cross-site check (origin and token), for the places where DRF leaves it out."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from clinic.accounts.errors import Code
from clinic.core.errors import DomainError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def _answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class _Check(CsrfViewMiddleware):
    def _reject(self, _request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)


def enforce(request: HttpRequest) -> None:
    """Raise DomainError `csrf_failed` unless the method is safe or the request proves that it came
    from our own origin: the right Origin, if one is sent, and the cookie's token in the header."""
    if request.method in SAFE_METHODS:
        return
    check = _Check(_answer)
    check.process_request(request)
    if check.process_view(request, _answer, (), {}) is not None:
        raise DomainError(Code.CSRF_FAILED)
