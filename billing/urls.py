from django.urls import path

from billing import api

urlpatterns = [
    path("checkout/<str:token>", api.CheckoutView.as_view()),
    path("checkout/<str:token>/payments", api.PaymentsView.as_view()),
    path("checkout/<str:token>/payments/<uuid:payment_id>", api.PaymentView.as_view()),
    path("webhooks/payments/<slug:provider>", api.WebhookView.as_view()),
    path("invoices", api.InvoicesView.as_view()),
    path("invoices/<uuid:invoice_id>", api.InvoiceView.as_view()),
    path("invoices/<uuid:invoice_id>/pdf", api.InvoicePdfView.as_view(), name="invoice-pdf"),
]
