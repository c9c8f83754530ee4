"""What browsers report of pages that wanted more than they may, and where people report more.

Anybody may send a report, so little of it is believed and less is kept: a few words in the log.
"""

import json
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from clinic.accounts.addresses import client_address
from clinic.core import clock, ratelimit
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory

log = structlog.get_logger(__name__)

REPORTS_A_MINUTE = 20
LONGEST_REPORT = 8 * 1024
LONGEST_WORD = 80
WORDS: Final = {
    "directive": ("effective-directive", "effectiveDirective", "violated-directive"),
    "blocked": ("blocked-uri", "blockedURL"),
    "page": ("document-uri", "documentURL"),
}
GOOD_FOR = timedelta(days=180)


@csrf_exempt  # a browser sends reports without a token
def csp(request: HttpRequest) -> HttpResponse:
    """Takes one report, in either form that browsers send: 204, whatever it says."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        ratelimit.hit("csp", client_address(request), limit=REPORTS_A_MINUTE, seconds=60)
    except DomainError:
        return HttpResponse(status=204)
    if len(request.body) <= LONGEST_REPORT:
        for report in _reports(request.body):
            log.warning("csp_violation", **report)
    return HttpResponse(status=204)


def _reports(raw: bytes) -> list[dict[str, str]]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    many = told if isinstance(told, list) else [told]
    bodies = [
        each.get("csp-report") or each.get("body") for each in many[:5] if isinstance(each, dict)
    ]
    return [_words(body) for body in bodies if isinstance(body, dict)]


def _words(body: dict[str, Any]) -> dict[str, str]:
    found = {
        word: next((body[name] for name in names if isinstance(body.get(name), str)), "")
        for word, names in WORDS.items()
    }
    found["blocked"] = _place(found["blocked"])
    found["page"] = _path(found["page"])
    return {
        word: "".join(filter(str.isprintable, text))[:LONGEST_WORD] for word, text in found.items()
    }


def _place(address: str) -> str:
    """Where something came from, without what was asked for there."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2] or parts.scheme or address


def _path(address: str) -> str:
    """The page's path, without what was asked for there. The log leaves out credentials."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def security_txt(_request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116): the clinic's own address. 404 until it has one."""
    try:
        clinic = directory.organization()
    except DomainError as error:
        raise Http404("the clinic isn't set up yet") from error
    ends = (clock.now() + GOOD_FOR).replace(microsecond=0)
    lines = (
        f"Contact: mailto:{clinic.email}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: pt, en",
        f"Canonical: {settings.PUBLIC_ORIGIN}/.well-known/security.txt",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
