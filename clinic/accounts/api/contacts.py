"""Showing that a phone or an e-mail address is one's own."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.choices import Purpose
from clinic.accounts.permissions import IsUser
from clinic.accounts.requests import user_of
from clinic.core.api import answers, validated

SENT = answers({204: None}, 400, 401, 403, 429)
VERIFIED = answers({200: serializers.Me}, 400, 401, 403, 410)


def _send_code(request: Request, contact: Purpose) -> Response:
    address = client_address(request._request)
    services.send_code(user_of(request), contact, address=address)
    return Response(status=204)


def _verify(request: Request, contact: Purpose) -> Response:
    form = validated(serializers.SixDigits(data=request.data))
    return Response(serializers.Me(services.verify(user_of(request), contact, **form)).data)


class PhoneCodeView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_phone_code",
        tags=["accounts"],
        request=None,
        responses=SENT,
        summary="Get six digits by SMS, to show that my phone is mine",
        description="They count for ten minutes; three messages an hour. 400 `contact_missing` "
        "without a phone number.",
    )
    def post(self, request: Request) -> Response:
        return _send_code(request, Purpose.PHONE)


class PhoneVerifyView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_phone_verify",
        tags=["accounts"],
        request=serializers.SixDigits,
        responses=VERIFIED,
        summary="Give the six digits of the SMS back",
        description="400 `code_wrong`; 410 `code_expired` after ten minutes, five wrong tries, or "
        "a newer message.",
    )
    def post(self, request: Request) -> Response:
        return _verify(request, Purpose.PHONE)


class EmailCodeView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_email_code",
        tags=["accounts"],
        request=None,
        responses=SENT,
        summary="Get six digits by e-mail, to show that my address is mine",
        description="As for the phone.",
    )
    def post(self, request: Request) -> Response:
        return _send_code(request, Purpose.EMAIL)


class EmailVerifyView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_email_verify",
        tags=["accounts"],
        request=serializers.SixDigits,
        responses=VERIFIED,
        summary="Give the six digits of the e-mail back",
        description="As for the phone.",
    )
    def post(self, request: Request) -> Response:
        return _verify(request, Purpose.EMAIL)
