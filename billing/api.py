from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import documents, selectors
from billing.models import PROVIDER_MAX_LENGTH, Invoice
from billing.serializers import (
    CheckoutBody,
    DetailsToKeep,
    InvoiceBody,
    KeptDetailsBody,
    PaymentBody,
    PaymentOrder,
    WebhookAccepted,
    WebhookNotice,
)
from billing.services import checkout, details, invoices, looks, webhooks
from booking import links
from booking import selectors as booking
from booking.errors import Code as BookingCode
from clinic.accounts.choices import Role
from clinic.accounts.permissions import CsrfProtected, IsManager, IsPatient
from clinic.accounts.principals import actor_of
from clinic.core import idempotency
from clinic.core.api import answers, text_of, validated
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

TOKEN = OpenApiParameter(
    "token",
    text_of(links.TOKEN_LENGTH),
    OpenApiParameter.PATH,
    description="from the payment link",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    text_of(idempotency.MAX_KEY_LENGTH),
    OpenApiParameter.HEADER,
    required=True,
    description="The same key with the same body gets the first answer again; with another, 422.",
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
    """Open to whoever holds the link: nobody is authenticated, and no cookie changes the answer."""

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
        description="The visit, the amount and the payment that counts. Whoever holds the link "
        "may look; cookies change nothing.",
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
                "payment": None if payment is None else selectors.body_of(payment),
            }
        )
        return Response(body.data)


class PaymentsView(_ByLink):
    @extend_schema(
        operation_id="checkout_pay",
        tags=["checkout"],
        auth=[],
        parameters=[TOKEN, IDEMPOTENCY_KEY],
        request=PaymentOrder,
        responses=answers({201: PaymentBody}, 400, 403, 404, 409, 422, 429, 503),
        summary="Start a payment",
        description="An MB WAY request is on its way to the phone, so follow the payment. A "
        "Multibanco reference is ready at once or, where the provider makes it, a moment later: "
        "until then its entity and digits are null. Choosing the other method replaces what waits.",
    )
    def post(self, request: Request, token: str) -> Response:
        appointment_id = self.appointment_id()
        form = PaymentOrder(data=request.data)
        form.is_valid(raise_exception=True)
        order = form.order()
        status, body = idempotency.run(
            f"checkout:{appointment_id}",
            request.headers.get("Idempotency-Key", ""),
            dict(form.validated_data),
            lambda: (201, selectors.body_of(checkout.start(appointment_id, order))),
        )
        return Response(body, status=status)


class PaymentView(_ByLink):
    @extend_schema(
        operation_id="checkout_payment",
        tags=["checkout"],
        auth=[],
        parameters=[TOKEN],
        responses=answers({200: PaymentBody}, 404),
        summary="Follow a payment",
        description="The payment as it stands now. Ask again while it is `pending`; cookies "
        "change nothing.",
    )
    def get(self, _request: Request, token: str, payment_id: UUID) -> Response:
        payment = selectors.payment_of(self.appointment_id(), payment_id)
        if payment is None:
            raise DomainError(CoreCode.NOT_FOUND)
        return Response(selectors.body_of(payment))


class KeptDetailsView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="me_invoice_details",
        tags=["invoices"],
        responses=answers({200: KeptDetailsBody}, 401, 403),
        summary="The invoice details that I had kept for the next payment",
        description="All empty where nothing was kept.",
    )
    def get(self, request: Request) -> Response:
        return Response(KeptDetailsBody(selectors.kept_details(_own_id(request))).data)

    @extend_schema(
        operation_id="me_invoice_details_keep",
        tags=["invoices"],
        request=DetailsToKeep,
        responses=answers({200: KeptDetailsBody}, 400, 401, 403),
        summary="Keep these for the next payment, in place of those before",
        description="They are offered at the next payment and go onto no document that is "
        "already issued.",
    )
    def put(self, request: Request) -> Response:
        wish = validated(DetailsToKeep(data=request.data))
        kept = details.keep(_own_id(request), **wish, actor=actor_of(request.user))
        return Response(KeptDetailsBody(kept).data)

    @extend_schema(
        operation_id="me_invoice_details_forget",
        tags=["invoices"],
        responses=answers({204: None}, 401, 403),
        summary="Forget them",
        description="Documents that were issued with them stay as they are.",
    )
    def delete(self, request: Request) -> Response:
        details.forget(_own_id(request), actor=actor_of(request.user))
        return Response(status=204)


class WebhookView(APIView):
    """The signature, or the key, is the only credential; cookies and CSRF have no say here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="payment_callback",
        tags=["webhooks"],
        auth=[],
        parameters=[PROVIDER, CALLBACK_KEY],
        responses=answers({200: WebhookAccepted}, 400, 404, 405),
        summary="A hint of a provider that signs nothing",
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
        description="Verified and stored at once, worked on afterwards. The same notice again is "
        "accepted and changes nothing.",
    )
    def post(self, request: Request, provider: str) -> Response:
        plain = request._request
        if (plain.content_type or "").lower() != "application/json":
            raise DomainError(CoreCode.UNSUPPORTED_MEDIA_TYPE)
        webhooks.accept(provider, plain.headers, plain.read(webhooks.MAX_BODY + 1))
        return Response({"status": "accepted"})


class InvoicesView(ListAPIView[Invoice]):
    permission_classes = (IsPatient | IsManager,)
    serializer_class = InvoiceBody
    queryset = Invoice.objects.none()

    @extend_schema(
        operation_id="invoices",
        tags=["invoices"],
        responses=answers({200: InvoiceBody(many=True)}, 401, 403, 404),
        summary="My invoices, newest first; for a manager everybody's",
        description="Invoices and credit notes, a page at a time. A manager's look is audited.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        visible = selectors.invoices(patient_id=_limited_to(request))
        page: Any = looks.read_invoices(
            self.paginate_queryset(visible) or [], actor=actor_of(request.user)
        )
        return self.get_paginated_response(InvoiceBody(page, many=True).data)


class InvoiceView(APIView):
    permission_classes = (IsPatient | IsManager,)

    @extend_schema(
        operation_id="invoice",
        tags=["invoices"],
        responses=answers({200: InvoiceBody}, 401, 403, 404),
        summary="One invoice",
        description="Number, ATCUD, lines, VAT and totals. Somebody else's is a 404, unless a "
        "manager asks.",
    )
    def get(self, request: Request, invoice_id: UUID) -> Response:
        return Response(InvoiceBody(_visible(request, invoice_id)).data)


class InvoicePdfView(APIView):
    permission_classes = (IsPatient | IsManager,)

    @extend_schema(
        operation_id="invoice_pdf",
        tags=["invoices"],
        responses=answers({(200, "application/pdf"): OpenApiTypes.BINARY}, 401, 403, 404, 503),
        summary="The PDF that was e-mailed",
        description="The same bytes that went out by e-mail. 503 `invoice_not_ready` while they "
        "are being made.",
    )
    def get(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        invoice = _visible(request, invoice_id)
        response = HttpResponse(invoices.pdf_of(invoice), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{documents.file_name(invoice)}"'
        response["Cache-Control"] = "no-store"
        return response


def _own_id(request: Request) -> UUID:
    user: Any = request.user
    own: UUID = user.pk
    return own


def _limited_to(request: Request) -> UUID | None:
    """Whose invoices may be seen: a patient's own, or everybody's."""
    user: Any = request.user
    return None if user.role == Role.MANAGER else user.pk


def _visible(request: Request, invoice_id: UUID) -> Invoice:
    return looks.read_invoice(
        invoice_id, patient_id=_limited_to(request), actor=actor_of(request.user)
    )
