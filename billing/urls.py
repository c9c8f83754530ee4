from django.urls import path

from billing import api
from billing.money import api as money

urlpatterns = [
    path("checkout/<str:token>", api.CheckoutView.as_view()),
    path("checkout/<str:token>/payments", api.PaymentsView.as_view()),
    path("checkout/<str:token>/payments/<uuid:payment_id>", api.PaymentView.as_view()),
    path("me/invoice-details", api.KeptDetailsView.as_view()),
    path("webhooks/payments/<slug:provider>", api.WebhookView.as_view()),
    path("invoices", api.InvoicesView.as_view()),
    path("invoices/<uuid:invoice_id>", api.InvoiceView.as_view()),
    path("invoices/<uuid:invoice_id>/pdf", api.InvoicePdfView.as_view(), name="invoice-pdf"),
    path("staff/money/summary", money.SummaryView.as_view(), name="money-summary"),
    path("staff/money/payments", money.PaymentsView.as_view(), name="money-payments"),
    path(
        "staff/money/payments/<uuid:payment_id>", money.PaymentView.as_view(), name="money-payment"
    ),
    path(
        "staff/money/payments/<uuid:payment_id>/refund",
        money.RefundView.as_view(),
        name="money-refund",
    ),
    path("staff/money/issues", money.IssuesView.as_view(), name="money-issues"),
    path(
        "staff/money/issues/<uuid:issue_id>/settle", money.SettleView.as_view(), name="money-settle"
    ),
    path(
        "staff/money/issues/<uuid:issue_id>/accept", money.AcceptView.as_view(), name="money-accept"
    ),
    path(
        "staff/money/reconciliations",
        money.ReconciliationsView.as_view(),
        name="money-reconciliations",
    ),
    path(
        "staff/money/reconciliations/standings",
        money.StandingsView.as_view(),
        name="money-standings",
    ),
    path("staff/money/rules", money.RulesView.as_view(), name="money-rules"),
    path("staff/money/series", money.SeriesView.as_view(), name="money-series"),
    path("staff/money/saft", money.SaftView.as_view(), name="money-saft"),
    path("staff/money/statement", money.StatementView.as_view(), name="money-statement"),
]
