from django.urls import path

from recognition import api
from recognition.privacy.api import PrivacyView, RulesView, SpentTriesView

urlpatterns = [
    path("me/face", api.FaceView.as_view(), name="me-face"),
    path("check-ins", api.CheckInsView.as_view(), name="check-ins"),
    path("check-ins/liveness", api.LivenessView.as_view(), name="check-in-liveness"),
    path("check-ins/<uuid:check_in_id>", api.CheckInView.as_view(), name="check-in"),
    path(
        "check-ins/<uuid:check_in_id>/confirm", api.ConfirmView.as_view(), name="check-in-confirm"
    ),
    path("staff/check-in-rules", RulesView.as_view(), name="staff-check-in-rules"),
    path("staff/spent-tries", SpentTriesView.as_view(), name="staff-spent-tries"),
    path("staff/privacy", PrivacyView.as_view(), name="staff-privacy"),
]
