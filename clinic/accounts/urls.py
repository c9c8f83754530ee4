from django.urls import path

from clinic.accounts.api import contacts, devices, profile, records, recovery, signing_in

urlpatterns = [
    path("auth/csrf", signing_in.CsrfView.as_view()),
    path("auth/register", signing_in.RegisterView.as_view()),
    path("auth/login", signing_in.LoginView.as_view()),
    path("auth/login/code", recovery.SignInCodeView.as_view()),
    path("auth/login/with-code", recovery.SignInWithCodeView.as_view()),
    path("auth/refresh", signing_in.RefreshView.as_view()),
    path("auth/logout", signing_in.LogoutView.as_view()),
    path("auth/me", profile.MeView.as_view()),
    path("auth/phone/code", contacts.PhoneCodeView.as_view()),
    path("auth/phone/verify", contacts.PhoneVerifyView.as_view()),
    path("auth/email/code", contacts.EmailCodeView.as_view()),
    path("auth/email/verify", contacts.EmailVerifyView.as_view()),
    path("auth/password", profile.PasswordView.as_view()),
    path("auth/password/forgot", recovery.ForgottenPasswordView.as_view()),
    path("auth/password/link", recovery.PasswordLinkView.as_view()),
    path("auth/password/reset", recovery.PasswordResetView.as_view()),
    path("me/erasure", records.OwnErasureView.as_view()),
    path("me/accesses", records.AccessesView.as_view()),
    path("staff/patients/<uuid:patient_id>/erasure", records.PatientErasureView.as_view()),
    path("devices", devices.DevicesView.as_view()),
    path("devices/pair", devices.PairView.as_view()),
    path("devices/me", devices.ThisDeviceView.as_view()),
    path("devices/me/status", devices.ScreenReportView.as_view()),
    path("devices/<uuid:device_id>", devices.DeviceView.as_view()),
]
