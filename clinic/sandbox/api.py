"""The sandbox over HTTP: phone and mailbox, cash machine and MB WAY app, and the bank's own API."""

import hmac
import uuid

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.payments.phones import InvalidMobileError, parse_mobile
from clinic.core.api import answers, validated
from clinic.core.errors import Code, DomainError
from clinic.sandbox import bank
from clinic.sandbox.models import SandboxAttachment, SandboxMessage
from clinic.sandbox.serializers import (
    BankEventSerializer,
    ChargebackSerializer,
    MbWayAcceptedSerializer,
    MbWayAnswerSerializer,
    MbWayOrderSerializer,
    MbWayRequestSerializer,
    MovementsSerializer,
    MultibancoPaymentSerializer,
    PaidMoneySerializer,
    PeriodSerializer,
    RefundOrderSerializer,
    SandboxMessageSerializer,
)

TAGS = ["sandbox"]
NEWEST = 200
KEY_HEADER = OpenApiParameter(
    "X-Sandbox-Key", str, OpenApiParameter.HEADER, required=True, description="the shared secret"
)


class SandboxView(APIView):
    """Open to everybody: the whole sandbox is a stage, and no real installation has it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class MessagesView(SandboxView):
    @extend_schema(
        operation_id="sandbox_messages",
        tags=TAGS,
        parameters=[
            OpenApiParameter("to", str, description="phone in E.164 or e-mail address"),
        ],
        responses=answers({200: SandboxMessageSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        """What the phone and the mailbox received, newest first."""
        messages = SandboxMessage.objects.prefetch_related("attachments")
        if to := _recipient(request.query_params.get("to", "")):
            messages = messages.filter(to__iexact=to)
        return Response(SandboxMessageSerializer(messages[:NEWEST], many=True).data)


class AttachmentView(SandboxView):
    @extend_schema(
        operation_id="sandbox_attachment",
        tags=TAGS,
        responses=answers({(200, "application/pdf"): OpenApiTypes.BINARY}, 404),
    )
    def get(self, _request: Request, message_id: uuid.UUID, position: int) -> HttpResponseBase:
        """The bytes of one attachment."""
        found = SandboxAttachment.objects.filter(message=message_id, position=position).first()
        if found is None:
            raise DomainError(Code.NOT_FOUND)
        shown = "inline" if found.content_type == "application/pdf" else "attachment"
        answer = HttpResponse(bytes(found.data), content_type=found.content_type)
        answer.headers["Content-Disposition"] = f'{shown}; filename="{_plain(found.name)}"'
        return answer


class MultibancoView(SandboxView):
    @extend_schema(
        operation_id="sandbox_pay_multibanco",
        tags=TAGS,
        request=MultibancoPaymentSerializer,
        responses=answers({200: MultibancoPaymentSerializer}, 400, 422),
    )
    def post(self, request: Request) -> Response:
        """Pay a reference as at a cash machine."""
        paid = bank.pay_reference(**validated(MultibancoPaymentSerializer(data=request.data)))
        return Response(MultibancoPaymentSerializer(paid).data)


class MbWayView(SandboxView):
    """Both sides of MB WAY: the app reads, the product asks."""

    @extend_schema(
        operation_id="sandbox_mb_way_requests",
        tags=TAGS,
        parameters=[OpenApiParameter("phone", str, description="the app's mobile number")],
        responses=answers({200: MbWayRequestSerializer(many=True)}, 400),
    )
    def get(self, request: Request) -> Response:
        """The requests that wait in this number's app, newest first."""
        text = _address(request.query_params.get("phone", ""))
        try:
            phone = parse_mobile(text) if text else None
        except InvalidMobileError:
            raise DomainError(Code.INVALID, pointer="/phone") from None
        return Response(MbWayRequestSerializer(bank.pending_requests(phone), many=True).data)

    @extend_schema(
        operation_id="sandbox_ask_mb_way",
        tags=TAGS,
        parameters=[KEY_HEADER],
        request=MbWayOrderSerializer,
        responses=answers(
            {200: MbWayAcceptedSerializer, 201: MbWayAcceptedSerializer}, 400, 403, 422
        ),
    )
    def post(self, request: Request) -> Response:
        """Ask a number for a payment; the same payment again gives the same request."""
        _only_the_product(request)
        asked, is_new = bank.ask_mb_way(**validated(MbWayOrderSerializer(data=request.data)))
        return Response(
            MbWayAcceptedSerializer({"request_id": asked.id, "expires_at": asked.expires_at}).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )


class MbWayAnswerView(SandboxView):
    @extend_schema(
        operation_id="sandbox_answer_mb_way",
        tags=TAGS,
        request=MbWayAnswerSerializer,
        responses=answers({200: MbWayRequestSerializer}, 400, 404, 409),
    )
    def post(self, request: Request, request_id: uuid.UUID) -> Response:
        """Approve or refuse in the app."""
        ordered = validated(MbWayAnswerSerializer(data=request.data))
        answered = bank.answer(
            request_id, approve=ordered["action"] == "approve", notice=ordered["notice"]
        )
        return Response(MbWayRequestSerializer(answered).data)


class PaidView(SandboxView):
    @extend_schema(
        operation_id="sandbox_paid",
        tags=TAGS,
        responses=answers({200: PaidMoneySerializer(many=True)}),
    )
    def get(self, _request: Request) -> Response:
        """The newest payments, as the payers' bank lists them."""
        return Response(PaidMoneySerializer(bank.paid(), many=True).data)


class ChargebackView(SandboxView):
    @extend_schema(
        operation_id="sandbox_charge_back",
        tags=TAGS,
        request=ChargebackSerializer,
        responses=answers({200: ChargebackSerializer}, 400, 404),
    )
    def post(self, request: Request) -> Response:
        """Dispute a payment: the bank takes the money back. Doing it again changes nothing."""
        taken = bank.charge_back(**validated(ChargebackSerializer(data=request.data)))
        return Response(ChargebackSerializer(taken).data)


class BankPaymentView(SandboxView):
    """One MB WAY payment; the product asks about it under its own id."""

    @extend_schema(
        operation_id="sandbox_payment_state",
        tags=TAGS,
        parameters=[KEY_HEADER],
        responses=answers({200: BankEventSerializer}, 403, 404),
    )
    def get(self, request: Request, payment_id: uuid.UUID) -> Response:
        """The outcome so far, `pending` while the patient hasn't answered."""
        _only_the_product(request)
        return Response(BankEventSerializer(bank.state_of(payment_id)).data)

    @extend_schema(
        operation_id="sandbox_withdraw_payment",
        tags=TAGS,
        parameters=[KEY_HEADER],
        responses=answers({204: None}, 403, 404, 409),
    )
    def delete(self, request: Request, payment_id: uuid.UUID) -> Response:
        """Take a waiting request out of the app."""
        _only_the_product(request)
        bank.withdraw(payment_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MovementsView(SandboxView):
    @extend_schema(
        operation_id="sandbox_movements",
        tags=TAGS,
        parameters=[KEY_HEADER, PeriodSerializer],
        responses=answers({200: MovementsSerializer}, 400, 403),
    )
    def get(self, request: Request) -> Response:
        """The bank's books: the money that came or was taken back from `since` until before
        `until`."""
        _only_the_product(request)
        listed = bank.movements(**validated(PeriodSerializer(data=request.query_params)))
        return Response(MovementsSerializer({"movements": listed}).data)


class RefundOrderView(SandboxView):
    @extend_schema(
        operation_id="sandbox_refund",
        tags=TAGS,
        parameters=[KEY_HEADER],
        request=RefundOrderSerializer,
        responses=answers({201: RefundOrderSerializer}, 400, 403),
    )
    def post(self, request: Request) -> Response:
        """Give money back. The same refund again changes nothing."""
        _only_the_product(request)
        given = bank.refund(**validated(RefundOrderSerializer(data=request.data)))
        return Response(RefundOrderSerializer(given).data, status=status.HTTP_201_CREATED)


def _only_the_product(request: Request) -> None:
    key = request.headers.get("X-Sandbox-Key", "")
    if not hmac.compare_digest(key.encode(), settings.PAYMENT_WEBHOOK_SECRET.encode()):
        raise DomainError(Code.PERMISSION_DENIED)


def _address(text: str) -> str:
    # An unescaped plus sign of a phone number arrives as a space.
    if text.startswith(" ") and text.strip().isdigit():
        return f"+{text.strip()}"
    return text.strip()


def _recipient(text: str) -> str:
    """An e-mail address as it is; a phone number, however it is written, in the form that messages
    use."""
    address = _address(text)
    try:
        return parse_mobile(address)
    except InvalidMobileError:
        return address


def _plain(name: str) -> str:
    return "".join(
        character if character.isascii() and (character.isalnum() or character in "-_. ") else "_"
        for character in name
    )
