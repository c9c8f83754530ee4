from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.invoicing import pdf, selectors
from billing.invoicing.models import Invoice
from billing.invoicing.serializers import DetailsToKeep, InvoiceBody, KeptDetailsBody
from billing.invoicing.services import details, invoices, looks
from clinic.accounts.choices import Role
from clinic.accounts.permissions import IsManager, IsPatient
from clinic.accounts.principals import actor_of
from clinic.accounts.requests import user_of
from clinic.core.api import answers, validated


class KeptDetailsView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="me_invoice_details",
        tags=["invoices"],
        responses=answers({200: KeptDetailsBody}, 401, 403),
        summary="The invoice details that I keep for my next payment",
        description="All empty if nothing is kept.",
    )
    def get(self, request: Request) -> Response:
        return Response(KeptDetailsBody(selectors.kept_details(user_of(request).pk)).data)

    @extend_schema(
        operation_id="me_invoice_details_keep",
        tags=["invoices"],
        request=DetailsToKeep,
        responses=answers({200: KeptDetailsBody}, 400, 401, 403),
        summary="Keep these for the next payment, in place of the previous ones",
        description="They are offered at the next payment. Documents that are already issued "
        "don't change.",
    )
    def put(self, request: Request) -> Response:
        wish = validated(DetailsToKeep(data=request.data))
        kept = details.keep(user_of(request).pk, **wish, actor=actor_of(request.user))
        return Response(KeptDetailsBody(kept).data)

    @extend_schema(
        operation_id="me_invoice_details_forget",
        tags=["invoices"],
        responses=answers({204: None}, 401, 403),
        summary="Forget them",
        description="Documents issued with them stay as they are.",
    )
    def delete(self, request: Request) -> Response:
        details.forget(user_of(request).pk, actor=actor_of(request.user))
        return Response(status=204)


class InvoicesView(ListAPIView[Invoice]):
    permission_classes = (IsPatient | IsManager,)
    serializer_class = InvoiceBody
    queryset = Invoice.objects.none()

    @extend_schema(
        operation_id="invoices",
        tags=["invoices"],
        responses=answers({200: InvoiceBody(many=True)}, 401, 403, 404),
        summary="My invoices, newest first; for a manager, everybody's",
        description="Invoices and credit notes, one page at a time. A manager's look is audited.",
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
        description="Number, ATCUD, lines, VAT and totals. Somebody else's gives a 404, unless a "
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
        description="The same bytes that were sent by e-mail. 503 `invoice_not_ready` while they "
        "are being made.",
    )
    def get(self, request: Request, invoice_id: UUID) -> HttpResponseBase:
        invoice = _visible(request, invoice_id)
        response = HttpResponse(invoices.pdf_of(invoice), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{pdf.file_name(invoice)}"'
        response["Cache-Control"] = "no-store"
        return response


def _limited_to(request: Request) -> UUID | None:
    """Whose invoices this user may see: a patient their own, a manager everybody's."""
    user = user_of(request)
    return None if user.role == Role.MANAGER else user.pk


def _visible(request: Request, invoice_id: UUID) -> Invoice:
    return looks.read_invoice(
        invoice_id, patient_id=_limited_to(request), actor=actor_of(request.user)
    )
