from django.urls import path

from billing.invoicing import api as invoicing
from billing.manager import api as manager
from billing.payments import api as payments

urlpatterns = [
    path("checkout/<str:token>", payments.CheckoutView.as_view()),
    path("checkout/<str:token>/payments", payments.PaymentsView.as_view()),
    path("checkout/<str:token>/payments/<uuid:payment_id>", payments.PaymentView.as_view()),
    path("me/invoice-details", invoicing.KeptDetailsView.as_view()),
    path("webhooks/payments/<slug:provider>", payments.WebhookView.as_view()),
    path("invoices", invoicing.InvoicesView.as_view()),
    path("invoices/<uuid:invoice_id>", invoicing.InvoiceView.as_view()),
    path("invoices/<uuid:invoice_id>/pdf", invoicing.InvoicePdfView.as_view(), name="invoice-pdf"),
    path("staff/money/summary", manager.SummaryView.as_view(), name="money-summary"),
    path("staff/money/payments", manager.PaymentsView.as_view(), name="money-payments"),
    path(
        "staff/money/payments/<uuid:payment_id>",
        manager.PaymentView.as_view(),
        name="money-payment",
    ),
    path(
        "staff/money/payments/<uuid:payment_id>/refund",
        manager.RefundView.as_view(),
        name="money-refund",
    ),
    path("staff/money/issues", manager.IssuesView.as_view(), name="money-issues"),
    path(
        "staff/money/issues/<uuid:issue_id>/settle",
        manager.SettleView.as_view(),
        name="money-settle",
    ),
    path(
        "staff/money/issues/<uuid:issue_id>/accept",
        manager.AcceptView.as_view(),
        name="money-accept",
    ),
    path(
        "staff/money/reconciliations",
        manager.ReconciliationsView.as_view(),
        name="money-reconciliations",
    ),
    path(
        "staff/money/reconciliations/standings",
        manager.StandingsView.as_view(),
        name="money-standings",
    ),
    path("staff/money/rules", manager.RulesView.as_view(), name="money-rules"),
    path("staff/money/series", manager.SeriesView.as_view(), name="money-series"),
    path("staff/money/saft", manager.SaftView.as_view(), name="money-saft"),
    path("staff/money/statement", manager.StatementView.as_view(), name="money-statement"),
]
