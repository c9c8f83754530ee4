from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from clinic.config import health, pages, reports, schema, work

handler500 = "clinic.core.problems.failure"

api: list[URLPattern | URLResolver] = [
    path("", include("clinic.accounts.urls")),
    path("", include("clinic.directory.urls")),
    path("", include("booking.urls")),
    path("", include("billing.urls")),
    path("", include("recognition.urls")),
    path("", include("realtime.urls")),
    path("staff/stuck-work", work.StuckWorkView.as_view(), name="stuck-work"),
    path(
        "staff/stuck-work/<uuid:message_id>/try-again",
        work.TryAgainView.as_view(),
        name="work-again",
    ),
    path("staff/stuck-work/<uuid:message_id>/told", work.ToldView.as_view(), name="work-told"),
    path("schema/", schema.DocumentView.as_view(), name="schema"),
    path("docs/", schema.PageView.as_view(url_name="schema"), name="docs"),
]
if settings.CLINIC_SANDBOX:
    api.append(path("", include("clinic.sandbox.urls")))

urlpatterns = [
    path("api/", include(api)),
    path("csp-reports", reports.csp),
    path(".well-known/security.txt", reports.security_txt),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin/", admin.site.urls),
    path("v/<str:token>", pages.credential),
    path("repor/<str:token>", pages.credential),
    re_path(r"^staff(?:/.*)?$", pages.entry, {"name": "staff"}),
    re_path(r"^kiosk(?:/.*)?$", pages.entry, {"name": "kiosk"}),
    re_path(r"^display(?:/.*)?$", pages.entry, {"name": "display"}),
]
if settings.CLINIC_SANDBOX:
    urlpatterns.append(re_path(r"^sandbox(?:/.*)?$", pages.entry, {"name": "sandbox"}))
urlpatterns.append(
    re_path(r"^(?!api(?:/|$)|admin|health|static/|assets/|ws/)", pages.entry, {"name": "index"})
)
