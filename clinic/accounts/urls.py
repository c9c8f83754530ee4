from django.urls import path

from clinic.accounts import api

urlpatterns = [
    path("auth/csrf", api.CsrfView.as_view()),
    path("auth/register", api.RegisterView.as_view()),
    path("auth/login", api.LoginView.as_view()),
    path("auth/refresh", api.RefreshView.as_view()),
    path("auth/logout", api.LogoutView.as_view()),
    path("auth/me", api.MeView.as_view()),
    path("auth/password", api.PasswordView.as_view()),
    path("me/erasure", api.OwnErasureView.as_view()),
    path("me/accesses", api.AccessesView.as_view()),
    path("staff/patients/<uuid:patient_id>/erasure", api.PatientErasureView.as_view()),
    path("devices", api.DevicesView.as_view()),
    path("devices/pair", api.PairView.as_view()),
    path("devices/me", api.ThisDeviceView.as_view()),
    path("devices/me/status", api.ScreenReportView.as_view()),
    path("devices/<uuid:device_id>", api.DeviceView.as_view()),
]
