from django.urls import path

from clinic.sandbox import api

urlpatterns = [
    path("sandbox/messages", api.MessagesView.as_view()),
    path(
        "sandbox/messages/<uuid:message_id>/attachments/<int:position>",
        api.AttachmentView.as_view(),
    ),
    path("sandbox/bank/multibanco", api.MultibancoView.as_view()),
    path("sandbox/bank/mb-way", api.MbWayView.as_view()),
    path("sandbox/bank/mb-way/<uuid:request_id>", api.MbWayAnswerView.as_view()),
    path("sandbox/bank/paid", api.PaidView.as_view()),
    path("sandbox/bank/chargebacks", api.ChargebackView.as_view()),
    path("sandbox/bank/payments/<uuid:payment_id>", api.BankPaymentView.as_view()),
    path("sandbox/bank/movements", api.MovementsView.as_view()),
    path("sandbox/bank/refunds", api.RefundOrderView.as_view()),
]
