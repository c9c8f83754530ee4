"""The front end's entry pages: one built HTML file for each of the apps."""

from pathlib import Path

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import ensure_csrf_cookie

from booking import links
from clinic.storage import frontend
from recognition.services import liveness

CAMERA_ENTRIES = {"kiosk", "index"}
# Amazon's detector loads the model that finds a face from here, before the video begins.
DETECTOR_ORIGIN = "https://cdn.liveness.rekognition.amazonaws.com"


@ensure_csrf_cookie
def entry(request: HttpRequest, name: str) -> HttpResponseBase:
    """An entry's page, for each of its client-side routes. Only check-in and enrolment may use the
    camera, and only a kiosk whose check-ins begin with a video may send one to Amazon."""

    def page(request: HttpRequest) -> HttpResponse:
        return _page(request, name, with_camera=name in CAMERA_ENTRIES)

    if name == "kiosk" and liveness.is_available():
        return csp_update(_video_policy())(page)(request)
    return page(request)


def credential(request: HttpRequest, **_token: str) -> HttpResponse:
    """A page whose address is a credential, such as that of one visit: it is neither cached nor
    sent as referrer."""
    response = _page(request, "index", with_camera=False)
    for name, value in links.VISIT_HEADERS.items():
        response[name] = value
    return response


def _video_policy() -> dict[str, list[str]]:
    stream = f"wss://streaming-rekognition.{settings.AWS_REGION}.amazonaws.com"
    # The detector is a program in WebAssembly.
    return {"connect-src": [stream, DETECTOR_ORIGIN], "script-src": ["'wasm-unsafe-eval'"]}


def _page(request: HttpRequest, name: str, *, with_camera: bool) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    page = Path(settings.FRONTEND_DIR) / f"{name}.html"
    if not page.is_file():
        raise Http404("the front end isn't built: run `make run`")
    response = HttpResponse(frontend.content(page), content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    camera = "(self)" if with_camera else "()"
    response["Permissions-Policy"] = f"camera={camera}, microphone=(), geolocation=()"
    return response
