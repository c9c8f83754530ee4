from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.invoicing import issuers
from billing.invoicing import selectors as invoicing
from billing.invoicing.models import InvoiceSeries, InvoicingRules
from billing.invoicing.services import exports, rules
from billing.manager import books, selectors, serializers
from billing.manager.services import looks, statements
from billing.payments.models import Payment, PaymentIssue, Reconciliation
from billing.payments.services import chargebacks, issues, refunds
from clinic.accounts.permissions import IsManager
from clinic.accounts.principals import actor_of
from clinic.core import clock, stuck
from clinic.core.api import answers, idempotency_key, once, validated
from clinic.core.errors import Code, DomainError
from clinic.core.idempotency import Answer


class SummaryView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_summary",
        tags=["money"],
        parameters=[serializers.PeriodQuery],
        responses=answers({200: serializers.Summary}, 400, 401, 403),
        summary="What came in, today and in a period of at most 366 days",
        description="Sums by method, by specialty and by day, with the number of open issues "
        "and of stuck work.",
    )
    def get(self, request: Request) -> Response:
        period = validated(serializers.PeriodQuery(data=request.query_params))
        today = clock.today()
        found = selectors.takings(period["from"], period["to"])
        body = serializers.Summary(
            {
                "today": selectors.takings(today, today),
                "period": {
                    "paid": found.paid,
                    "pending": found.pending,
                    "refunded": found.refunded,
                    "by_method": [
                        {"method": method, "count": tally.count, "sum": tally.sum}
                        for method, tally in sorted(found.by_method.items())
                    ],
                    "by_specialty": [
                        {
                            "code": code,
                            "name_pt": name_pt,
                            "name_en": name_en,
                            "count": tally.count,
                            "sum": tally.sum,
                        }
                        for (code, name_pt, name_en), tally in sorted(found.by_specialty.items())
                    ],
                    "by_day": [{"date": day, **parts} for day, parts in found.by_day.items()],
                },
                "open_issues": selectors.issues(settled=False).aggregate(n=Count("pk"))["n"],
                "stuck_work": stuck.found().count(),
            }
        )
        return Response(body.data)


class PaymentsView(ListAPIView[Payment]):
    permission_classes = (IsManager,)
    serializer_class = serializers.MoneyPayment
    queryset = Payment.objects.none()

    @extend_schema(
        operation_id="money_payments",
        tags=["money"],
        parameters=[serializers.PaymentsQuery],
        responses=answers({200: serializers.MoneyPayment(many=True)}, 400, 401, 403, 404),
        summary="Payments, newest first",
        description="Filtered by status, by day, and by words of the patient's name or a "
        "document's number. The look is audited.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = validated(serializers.PaymentsQuery(data=request.query_params))
        found = selectors.payments(
            status=query.get("status"),
            text=query["q"],
            first=query.get("from"),
            last=query.get("to"),
        )
        page: Any = looks.read_payments(
            self.paginate_queryset(found) or [], actor=actor_of(request.user)
        )
        return self.get_paginated_response(serializers.MoneyPayment(page, many=True).data)


class PaymentView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_payment",
        tags=["money"],
        responses=answers({200: serializers.MoneyPaymentDetail}, 401, 403, 404),
        summary="One payment with its refunds",
        description="With each refund's state and credit note. The look is audited.",
    )
    def get(self, request: Request, payment_id: UUID) -> Response:
        found = selectors.payments_with_refunds().filter(pk=payment_id).first()
        if found is None:
            raise DomainError(Code.NOT_FOUND)
        looks.read_payments([found], actor=actor_of(request.user))
        return Response(serializers.MoneyPaymentDetail(found).data)


class RefundView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_refund",
        tags=["money"],
        parameters=[idempotency_key(required=True)],
        request=serializers.RefundWish,
        responses=answers({201: serializers.RefundBody}, 400, 401, 403, 404, 409, 422),
        summary="Give money back",
        description="Refunds what is left of the payment, or the given amount. The provider sends "
        "it; then the credit note is issued.",
    )
    def post(self, request: Request, payment_id: UUID) -> Response:
        order = validated(serializers.RefundWish(data=request.data))
        actor = actor_of(request.user)

        def respond() -> Answer:
            given = refunds.give_back(payment_id, actor=actor, **order)
            return 201, dict(serializers.RefundBody(given).data)

        scope = f"refund:{actor.id}:{payment_id}"
        return once(request, scope, order, respond, required=True)


class IssuesView(ListAPIView[PaymentIssue]):
    permission_classes = (IsManager,)
    serializer_class = serializers.IssueBody
    queryset = PaymentIssue.objects.none()

    @extend_schema(
        operation_id="money_issues",
        tags=["money"],
        parameters=[serializers.IssuesQuery],
        responses=answers({200: serializers.IssueBody(many=True)}, 400, 401, 403, 404),
        summary="Money that needs a person, oldest first; or what is settled, newest first",
        description="Each says what happened, to which payment, and what can be done about it. "
        "The look is audited.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = validated(serializers.IssuesQuery(data=request.query_params))
        found = selectors.issues(settled=query["state"] == "settled")
        page: Any = selectors.with_settlers(self.paginate_queryset(found) or [])
        looks.read_payments(
            [issue.payment for issue in page if issue.payment is not None],
            actor=actor_of(request.user),
        )
        return self.get_paginated_response(serializers.IssueBody(page, many=True).data)


class SettleView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_settle",
        tags=["money"],
        request=serializers.Settlement,
        responses=answers({204: None}, 400, 401, 403, 404, 409),
        summary="Mark it as dealt with, once",
        description="With a note that is kept. A second time gives a 409.",
    )
    def post(self, request: Request, issue_id: UUID) -> Response:
        note = validated(serializers.Settlement(data=request.data))["note"]
        issues.settle_one(issue_id, note=note, actor=actor_of(request.user))
        return Response(status=204)


class AcceptView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_accept_chargeback",
        tags=["money"],
        request=serializers.Loss,
        responses=answers({201: serializers.RefundBody}, 400, 401, 403, 404, 409),
        summary="Accept the loss of a chargeback, once",
        description="What the payer's bank took counts as given back, and a credit note is "
        "issued. No money is sent.",
    )
    def post(self, request: Request, issue_id: UUID) -> Response:
        reason = validated(serializers.Loss(data=request.data))["reason"]
        given = chargebacks.accept(issue_id, reason=reason, actor=actor_of(request.user))
        return Response(serializers.RefundBody(given).data, status=201)


class ReconciliationsView(ListAPIView[Reconciliation]):
    permission_classes = (IsManager,)
    serializer_class = serializers.ReconciliationBody
    queryset = Reconciliation.objects.none()

    @extend_schema(
        operation_id="money_reconciliations",
        tags=["money"],
        responses=answers({200: serializers.ReconciliationBody(many=True)}, 401, 403, 404),
        summary="The nightly comparisons with the providers, newest first",
        description="What was compared, what was found and booked, and what matches nothing.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page: Any = self.paginate_queryset(books.reconciliations()) or []
        return self.get_paginated_response(serializers.ReconciliationBody(page, many=True).data)


class StandingsView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_reconciliation_standings",
        tags=["money"],
        responses=answers({200: serializers.StandingBody(many=True)}, 401, 403),
        summary="Whether each provider was compared last night, and completely",
        description="One entry for each provider that may take money.",
    )
    def get(self, _request: Request) -> Response:
        found: Any = books.standings()
        return Response(serializers.StandingBody(found, many=True).data)


class RulesView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_rules",
        tags=["money"],
        responses=answers({200: serializers.InvoicingRulesState}, 401, 403),
        summary="How the clinic invoices",
        description="Who issues the documents, under which certificate, and whether this "
        "installation can sign them.",
    )
    def get(self, _request: Request) -> Response:
        return Response(_state(invoicing.rules()))

    @extend_schema(
        operation_id="money_rules_change",
        tags=["money"],
        request=serializers.RulesChange,
        responses=answers({200: serializers.InvoicingRulesState}, 400, 401, 403, 409),
        summary="Change how the clinic invoices, from the next document on",
        description="Documents already issued stay as they are. The change is audited.",
    )
    def patch(self, request: Request) -> Response:
        changes = validated(serializers.RulesChange(data=request.data, partial=True))
        return Response(_state(rules.change_rules(changes, actor=actor_of(request.user))))


class SeriesView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_series",
        tags=["money"],
        responses=answers({200: serializers.SeriesBody(many=True)}, 401, 403),
        summary="The series of documents, the newest year first",
        description="Each with its validation code and the last number given.",
    )
    def get(self, _request: Request) -> Response:
        found: Any = InvoiceSeries.objects.order_by("-year", "training", "document_type")
        return Response(serializers.SeriesBody(found, many=True).data)

    @extend_schema(
        operation_id="money_series_open",
        tags=["money"],
        request=serializers.NewSeries,
        responses=answers({201: serializers.SeriesBody}, 400, 401, 403, 409),
        summary="Open a series for which the tax authority has given a code",
        description="One series for each kind of document and year. Documents that waited for it "
        "are issued right after.",
    )
    def post(self, request: Request) -> Response:
        wish = validated(serializers.NewSeries(data=request.data))
        opened = rules.open_series(**wish, actor=actor_of(request.user))
        return Response(serializers.SeriesBody(opened).data, status=201)


class SaftView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_saft",
        tags=["money"],
        parameters=[serializers.SaftQuery],
        responses=answers({(200, "application/xml"): OpenApiTypes.BINARY}, 400, 401, 403, 503),
        summary="The SAF-T (PT) file of a year, or of one month of it",
        description="In the tax authority's form, from the documents that this program issued.",
    )
    def get(self, request: Request) -> FileResponse:
        """The file is whole before its first byte is sent; it needs no place afterwards."""
        query = validated(serializers.SaftQuery(data=request.query_params))
        year, month = query["year"], query.get("month")
        name = f"saft-{year}-{month:02}.xml" if month else f"saft-{year}.xml"
        with TemporaryDirectory(prefix="saft-") as folder:
            target = Path(folder) / name
            exports.saft_file(target, year=year, month=month)
            response = FileResponse(
                target.open("rb"),
                as_attachment=True,
                filename=name,
                content_type="application/xml; charset=windows-1252",
            )
        response["Cache-Control"] = "no-store"
        return response


class StatementView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="money_statement",
        tags=["money"],
        parameters=[serializers.PeriodQuery],
        responses=answers({(200, "text/csv"): OpenApiTypes.BINARY}, 400, 401, 403),
        summary="Payments and refunds of a period of at most 366 days, for a spreadsheet",
        description="CSV in UTF-8, one line for each movement. The look is audited.",
    )
    def get(self, request: Request) -> FileResponse:
        """The file is whole before its first byte is sent; it needs no place afterwards."""
        period = validated(serializers.PeriodQuery(data=request.query_params))
        first, last = period["from"], period["to"]
        name = f"movimentos-{first}-{last}.csv"
        with TemporaryDirectory(prefix="statement-") as folder:
            target = Path(folder) / name
            statements.write(target, first=first, last=last, actor=actor_of(request.user))
            response = FileResponse(
                target.open("rb"),
                as_attachment=True,
                filename=name,
                content_type="text/csv; charset=utf-8",
            )
        response["Cache-Control"] = "no-store"
        return response


def _state(said: InvoicingRules) -> dict[str, Any]:
    return {
        **serializers.RulesBody(said).data,
        "can_sign": rules.can_sign(),
        "issuer": issuers.current().key,
    }
