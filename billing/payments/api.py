from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.payments import screens, selectors
from billing.payments.models import PROVIDER_MAX_LENGTH
from billing.payments.screens import PaymentBody
from billing.payments.serializers import (
    CheckoutBody,
    PaymentOrder,
    WebhookAccepted,
    WebhookNotice,
)
from billing.payments.services import checkout, webhooks
from booking import links
from booking import selectors as booking
from booking.errors import Code as BookingCode
from clinic.accounts.permissions import CsrfProtected
from clinic.core.api import answers, idempotency_key, once, text_of
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

TOKEN = OpenApiParameter(
    "token",
    text_of(links.TOKEN_LENGTH),
    OpenApiParameter.PATH,
    description="from the payment link",
)
SIGNATURE = OpenApiParameter(
    "X-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Base64 of HMAC-SHA256 over the raw body",
)
PROVIDER = OpenApiParameter("provider", text_of(PROVIDER_MAX_LENGTH), OpenApiParameter.PATH)
CALLBACK_KEY = OpenApiParameter(
    "key",
    str,
    OpenApiParameter.QUERY,
    required=True,
    description="The key that was agreed on with the provider",
)


class _ByLink(APIView):
    """Open to whoever has the link: nobody is authenticated, and cookies don't change the
    answer."""

    authentication_classes = ()
    permission_classes = (CsrfProtected,)

    def appointment_id(self) -> UUID:
        """Raises DomainError `link_invalid` for a token that is forged, damaged or expired."""
        appointment_id = links.appointment_id_from(self.kwargs["token"])
        if appointment_id is None:
            raise DomainError(BookingCode.LINK_INVALID)
        return appointment_id


class CheckoutView(_ByLink):
    @extend_schema(
        operation_id="checkout",
        tags=["checkout"],
        auth=[],
        parameters=[TOKEN],
        responses=answers({200: CheckoutBody}, 404),
        summary="What is to be paid",
        description="The visit, the amount and the payment that counts. Whoever has the link may "
        "look; cookies don't change the answer.",
    )
    def get(self, _request: Request, token: str) -> Response:
        appointment = booking.get_appointment(self.appointment_id())
        payment = selectors.telling_payment(appointment.pk)
        body = CheckoutBody(
            {
                "appointment": appointment,
                "amount": appointment.price,
                "currency": "EUR",
                "status": appointment.status,
                "hold_expires_at": appointment.hold_expires_at,
                "payment": None if payment is None else screens.body(payment),
            }
        )
        return Response(body.data)


class PaymentsView(_ByLink):
    @extend_schema(
        operation_id="checkout_pay",
        tags=["checkout"],
        auth=[],
        parameters=[TOKEN, idempotency_key(required=True)],
        request=PaymentOrder,
        responses=answers({201: PaymentBody}, 400, 403, 404, 409, 422, 429, 503),
        summary="Start a payment",
        description="An MB WAY request is on its way to the phone, so follow the payment. A "
        "Multibanco reference is ready at once or, where the provider makes it, a "
        "moment later: until then its entity and digits are null. Choosing the other "
        "method replaces the waiting payment.",
    )
    def post(self, request: Request, token: str) -> Response:
        appointment_id = self.appointment_id()
        form = PaymentOrder(data=request.data)
        form.is_valid(raise_exception=True)
        order = form.order()
        return once(
            request,
            f"checkout:{appointment_id}",
            form.validated_data,
            lambda: (201, screens.body(checkout.start(appointment_id, order))),
            required=True,
        )


class PaymentView(_ByLink):
    @extend_schema(
        operation_id="checkout_payment",
        tags=["checkout"],
        auth=[],
        parameters=[TOKEN],
        responses=answers({200: PaymentBody}, 404),
        summary="Follow a payment",
        description="The payment as it stands now. Ask again while it is `pending`; cookies don't "
        "change the answer.",
    )
    def get(self, _request: Request, token: str, payment_id: UUID) -> Response:
        payment = selectors.payment_of(self.appointment_id(), payment_id)
        if payment is None:
            raise DomainError(CoreCode.NOT_FOUND)
        return Response(screens.body(payment))


class WebhookView(APIView):
    """The signature, or the key, is the only credential; cookies and CSRF tokens don't matter
    here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="payment_callback",
        tags=["webhooks"],
        auth=[],
        parameters=[PROVIDER, CALLBACK_KEY],
        responses=answers({200: WebhookAccepted}, 400, 404, 405),
        summary="A hint from a provider that doesn't sign its notices",
        description="The key alone proves nothing: the provider is asked about the payment, and "
        "only its answer counts. The rest of the query is in the provider's own words.",
    )
    def get(self, request: Request, provider: str) -> Response:
        plain = request._request
        query = plain.META["QUERY_STRING"].encode()
        webhooks.accept(provider, plain.headers, query, signed=False)
        return Response({"status": "accepted"})

    @extend_schema(
        operation_id="payment_webhook",
        tags=["webhooks"],
        auth=[],
        parameters=[PROVIDER, SIGNATURE],
        request=WebhookNotice,
        responses=answers({200: WebhookAccepted}, 400, 404, 405, 413, 415),
        summary="A provider's notice",
        description="Verified and stored at once, processed afterwards. The same notice again is "
        "accepted and changes nothing.",
    )
    def post(self, request: Request, provider: str) -> Response:
        plain = request._request
        if (plain.content_type or "").lower() != "application/json":
            raise DomainError(CoreCode.UNSUPPORTED_MEDIA_TYPE)
        webhooks.accept(provider, plain.headers, plain.read(webhooks.MAX_BODY + 1))
        return Response({"status": "accepted"})
