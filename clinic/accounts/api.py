from typing import Any
from uuid import UUID

from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import cookies, selectors, serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.errors import Code
from clinic.accounts.permissions import (
    CsrfProtected,
    CsrfProtectedInBrowsers,
    IsDisplay,
    IsKiosk,
    IsPatient,
    IsReception,
    IsStaff,
    IsUser,
)
from clinic.accounts.principals import actor_of
from clinic.accounts.requests import device_of, session_of, user_of
from clinic.accounts.services import SignedIn
from clinic.core.api import answers, validated
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry

SIGNED_IN = OpenApiResponse(
    serializers.Me, description="The user; both tokens come as HttpOnly cookies"
)


def _signed_in(signed_in: SignedIn, status: int) -> Response:
    response = Response(serializers.Me(signed_in.user).data, status=status)
    cookies.set_session(response, signed_in.pair)
    return response


class _Anonymous(APIView):
    """Works on the cookies themselves, so nobody is authenticated; the CSRF check still applies."""

    authentication_classes = ()
    permission_classes = (CsrfProtected,)


class CsrfView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="auth_csrf",
        tags=["accounts"],
        auth=[],
        responses=answers({200: serializers.CsrfToken}),
        summary="The value of the X-CSRFToken header",
        description="Ask for it once, before the first unsafe request; the same answer sets the "
        "matching cookie.",
    )
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


class RegisterView(_Anonymous):
    @extend_schema(
        operation_id="auth_register",
        tags=["accounts"],
        auth=[],
        request=serializers.Registration,
        responses=answers({201: SIGNED_IN}, 400, 403, 429),
        summary="Create a patient's account and log in",
        description="Sets the cookies of a session, as `auth/login` does. A username that is "
        "taken gives a 400.",
    )
    def post(self, request: Request) -> Response:
        signed_in = services.register(
            **validated(serializers.Registration(data=request.data)),
            address=client_address(request._request),
            user_agent=request.headers.get("User-Agent", ""),
        )
        return _signed_in(signed_in, 201)


class LoginView(_Anonymous):
    @extend_schema(
        operation_id="auth_login",
        tags=["accounts"],
        auth=[],
        request=serializers.Credentials,
        responses=answers({200: SIGNED_IN}, 400, 401, 403, 429),
        summary="Log in",
        description="Sets two HttpOnly cookies, one that lasts minutes and one that renews it. "
        "A wrong name and a wrong password get the same 401.",
    )
    def post(self, request: Request) -> Response:
        signed_in = services.login(
            **validated(serializers.Credentials(data=request.data)),
            address=client_address(request._request),
            user_agent=request.headers.get("User-Agent", ""),
            replaces=cookies.access_token(request._request),
        )
        return _signed_in(signed_in, 200)


class _EndsCookies(_Anonymous):
    """Clears the session's cookies when the session turns out to have ended."""

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, DomainError) and exc.code == Code.SESSION_ENDED:
            cookies.clear_session(response)
        return response


class RefreshView(_EndsCookies):
    @extend_schema(
        operation_id="auth_refresh",
        tags=["accounts"],
        request=None,
        responses=answers({200: SIGNED_IN}, 401, 403, 409),
        summary="Renew both tokens",
        description="Each refresh token works once. 409 `refreshed_elsewhere`: another tab has "
        "just renewed it, and the new cookies are already set, so repeat your "
        "original request.",
    )
    def post(self, request: Request) -> Response:
        return _signed_in(services.refresh(cookies.refresh_token(request._request)), 200)


class LogoutView(_EndsCookies):
    @extend_schema(
        operation_id="auth_logout",
        tags=["accounts"],
        request=None,
        responses=answers({204: None}, 401, 403),
        summary="End the session and close its sockets",
        description="The session ends in every tab of this browser, and its cookies are cleared.",
    )
    def post(self, request: Request) -> Response:
        services.logout(
            raw_access=cookies.access_token(request._request),
            raw_refresh=cookies.refresh_token(request._request),
        )
        response = Response(status=204)
        cookies.clear_session(response)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class MeView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_me",
        tags=["accounts"],
        responses=answers({200: serializers.Me}, 401, 403),
        summary="Who I am",
        description="The account to which the session's cookies belong, whatever its role.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.Me(user_of(request)).data)

    @extend_schema(
        operation_id="auth_me_update",
        tags=["accounts"],
        request=serializers.ProfileChange,
        responses=answers({200: serializers.Me}, 400, 401, 403),
        summary="Change my own data",
        description="Any other field is refused with code `read_only`, and nothing is changed.",
    )
    def patch(self, request: Request) -> Response:
        changes = validated(serializers.ProfileChange(data=request.data))
        return Response(serializers.Me(services.update_profile(user_of(request), changes)).data)


class PasswordView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_password",
        tags=["accounts"],
        request=serializers.PasswordChange,
        responses=answers({204: None}, 400, 401, 403, 429),
        summary="Change my password and end my other sessions",
        description="Needs the current password. This session stays; all others end, and their "
        "sockets close.",
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        services.change_password(
            user,
            session_of(request),
            **validated(serializers.PasswordChange(data=request.data, context={"user": user})),
            address=client_address(request._request),
        )
        return Response(status=204)


class OwnErasureView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="me_erasure",
        tags=["accounts"],
        request=serializers.OwnErasure,
        responses=answers({204: None}, 400, 401, 403, 409, 429),
        summary="Erase my account, at once and for good",
        description="Erases everything that says who the patient is. Invoices stay for as long as "
        "the law requires (`kept_until` of each); payments and visits stay without a "
        "name. Refused with 409 `visits_ahead` while there are open appointments "
        "(cancel them first, under the usual policy), and with 409 `money_unsettled` "
        "while a payment, refund or invoice is on its way.",
    )
    def post(self, request: Request) -> Response:
        services.erase_own_account(
            user_of(request),
            **validated(serializers.OwnErasure(data=request.data)),
            address=client_address(request._request),
        )
        response = Response(status=204)
        cookies.clear_session(response)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class PatientErasureView(APIView):
    permission_classes = (IsReception,)

    @extend_schema(
        operation_id="staff_patient_erasure",
        tags=["staff"],
        request=None,
        responses=answers({204: None}, 401, 403, 404, 409),
        summary="Erase a patient who asks for it at the desk",
        description="Like `me/erasure`, without the password: the staff at the desk have seen who "
        "asks. Safe to repeat.",
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        services.erase_patient(patient_id, actor=actor_of(user_of(request)))
        return Response(status=204)


class AccessesView(ListAPIView[AuditEntry]):
    permission_classes = (IsPatient,)
    serializer_class = serializers.Access
    queryset = AuditEntry.objects.none()

    @extend_schema(
        operation_id="me_accesses",
        tags=["accounts"],
        responses=answers({200: serializers.Access(many=True)}, 401, 403, 404),
        summary="Who looked at or changed my record, newest first",
        description=(
            "One page at a time, from the audit log: when, what was done, and in which role."
        ),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        entries = self.paginate_queryset(selectors.accesses(user_of(request).pk)) or []
        actors = {entry.actor_id for entry in entries if entry.actor_kind == "user"}
        rendered = serializers.Access(
            entries, many=True, context={"staff_names": selectors.staff_names(actors)}
        )
        return self.get_paginated_response(rendered.data)


class DevicesView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="devices_list",
        tags=["devices"],
        responses=answers({200: serializers.Device(many=True)}, 401, 403),
        summary="All devices, newest first",
        description="Displays and kiosks, paired or waiting for their code, with each display's "
        "last report about itself.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.Device(selectors.devices(), many=True).data)

    @extend_schema(
        operation_id="devices_create",
        tags=["devices"],
        request=serializers.DeviceInput,
        responses=answers({201: serializers.NewDevice}, 400, 401, 403),
        summary="Get a pairing code for a new screen",
        description="The code is valid for a few minutes and works once. Type it on the screen "
        "that you want to pair.",
    )
    def post(self, request: Request) -> Response:
        created = services.create_device(
            **validated(serializers.DeviceInput(data=request.data)),
            created_by=user_of(request),
            address=client_address(request._request),
        )
        return Response(serializers.NewDevice(created).data, status=201)


class PairView(APIView):
    authentication_classes = ()
    permission_classes = (CsrfProtectedInBrowsers,)

    @extend_schema(
        operation_id="devices_pair",
        tags=["devices"],
        auth=[],
        request=serializers.PairingCode,
        responses=answers({200: serializers.PairedDevice}, 400, 403, 429),
        summary="Exchange a pairing code for the device's credential",
        description="Sets the device's HttpOnly cookie. A client without cookies and Origin needs "
        "no CSRF header and uses the token as `Authorization: Device <token>`.",
    )
    def post(self, request: Request) -> Response:
        paired = services.pair_device(
            **validated(serializers.PairingCode(data=request.data)),
            address=client_address(request._request),
        )
        response = Response(serializers.PairedDevice(paired).data)
        cookies.set_device(response, paired.device.kind, paired.token)
        return response


class DeviceView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="devices_revoke",
        tags=["devices"],
        responses=answers({204: None}, 401, 403, 404),
        summary="Take a device's credential away and close its socket",
        description="To be used again, the screen needs a new pairing code. Doing it twice "
        "changes nothing more.",
    )
    def delete(self, request: Request, device_id: UUID) -> Response:
        services.revoke_device(device_id, by=user_of(request))
        return Response(status=204)

    @extend_schema(
        operation_id="devices_change",
        tags=["devices"],
        request=serializers.DeviceChange,
        responses=answers({200: serializers.Device}, 400, 401, 403, 404),
        summary="Rename a device, or change what a display shows, how large and how loud",
        description="Fields that aren't given stay as they are, and unknown fields are refused. "
        "The display follows by itself.",
    )
    def patch(self, request: Request, device_id: UUID) -> Response:
        changes = validated(serializers.DeviceChange(data=request.data))
        device = services.change_device(device_id, by=user_of(request), **changes)
        return Response(serializers.Device(device).data)


class ThisDeviceView(APIView):
    permission_classes = [IsDisplay | IsKiosk]

    @extend_schema(
        operation_id="devices_me",
        tags=["devices"],
        responses=answers({200: serializers.ThisDevice}, 401, 403),
        summary="Who this device is, and what staff have set for it",
        description="A browser that holds the cookies of both kinds counts as the display.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.ThisDevice(device_of(request)).data)


class ScreenReportView(APIView):
    permission_classes = (IsDisplay,)

    @extend_schema(
        operation_id="devices_me_status",
        tags=["devices"],
        request=serializers.ScreenReport,
        responses=answers({200: serializers.ThisDevice}, 400, 401, 403, 429),
        summary="A display reports its state, every 30 seconds and on every change",
        description="Only the last report is kept. The answer repeats what staff have set.",
    )
    def post(self, request: Request) -> Response:
        device = device_of(request)
        services.report_status(device, validated(serializers.ScreenReport(data=request.data)))
        return Response(serializers.ThisDevice(device).data)
