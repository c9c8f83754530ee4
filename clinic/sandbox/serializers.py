"""The shapes of the sandbox API."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.payments.models import Method
from billing.payments.phones import InvalidMobileError, parse_mobile
from clinic.core.fields import Moment
from clinic.sandbox.bank import Telling
from clinic.sandbox.models import (
    BankChargeback,
    BankPayment,
    MbWayRequest,
    SandboxAttachment,
    SandboxMessage,
)
from clinic.sandbox.transports import links


class SandboxAttachmentSerializer(serializers.Serializer[SandboxAttachment]):
    name = serializers.CharField()
    content_type = serializers.CharField()
    url = serializers.SerializerMethodField()

    def get_url(self, attachment: SandboxAttachment) -> str:
        return f"/api/sandbox/messages/{attachment.message_id}/attachments/{attachment.position}"


class SandboxMessageSerializer(serializers.ModelSerializer[SandboxMessage]):
    channel = serializers.ChoiceField(choices=["sms", "email"])
    links = serializers.SerializerMethodField()
    attachments = SandboxAttachmentSerializer(many=True)

    class Meta:
        model = SandboxMessage
        fields = (
            "id",
            "channel",
            "to",
            "subject",
            "body",
            "html",
            "links",
            "attachments",
            "created_at",
        )

    @extend_schema_field(serializers.ListField(child=serializers.URLField()))
    def get_links(self, message: SandboxMessage) -> list[str]:
        return links(message.body)


class _Amount(serializers.DecimalField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=7, decimal_places=2, min_value=Decimal("0.01"), **options)


class _Digits(serializers.CharField):
    """Digits, which people copy in groups."""

    def to_internal_value(self, data: Any) -> str:
        return "".join(super().to_internal_value(data).split())


class _Notice(serializers.ChoiceField):
    """How the product hears of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[telling.value for telling in Telling],
            default=Telling.PROMPT.value,
            write_only=True,
            help_text="how the notice of it arrives: at once, 20 seconds late, five times, after "
            "the next one, never, or once with a wrong signature",
            **options,
        )

    def to_internal_value(self, data: Any) -> Telling:
        return Telling(super().to_internal_value(data))


class MultibancoPaymentSerializer(serializers.Serializer[BankPayment]):
    entity = _Digits(max_length=12)
    reference = _Digits(max_length=20)
    amount = _Amount()
    notice = _Notice()
    paid_at = serializers.DateTimeField(read_only=True)


class MbWayRequestSerializer(serializers.ModelSerializer[MbWayRequest]):
    class Meta:
        model = MbWayRequest
        fields = (
            "id",
            "payment_id",
            "phone",
            "amount",
            "status",
            "created_at",
            "expires_at",
            "decided_at",
        )


class MbWayAnswerSerializer(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=["approve", "refuse"])
    notice = _Notice()


class BankEventSerializer(serializers.Serializer[Any]):
    """What the bank says about a payment, here and in its webhooks."""

    type = serializers.ChoiceField(choices=["pending", "paid", "refused", "expired", "chargeback"])
    payment_id = serializers.UUIDField(
        allow_null=True, help_text="null if the bank never learned it (offline references)"
    )
    method = serializers.CharField()
    entity = serializers.CharField()
    reference = serializers.CharField()
    request_id = serializers.CharField()
    amount = _Amount()
    currency = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    transaction_id = serializers.CharField(help_text="the bank's name for the money")


class PaidMoneySerializer(serializers.Serializer[Any]):
    transaction_id = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.choices)
    amount = _Amount()
    occurred_at = serializers.DateTimeField()
    charged_back_at = serializers.DateTimeField(allow_null=True)


class ChargebackSerializer(serializers.Serializer[BankChargeback]):
    transaction_id = serializers.CharField(max_length=40)
    notice = _Notice()
    created_at = serializers.DateTimeField(read_only=True)


class PeriodSerializer(serializers.Serializer[Any]):
    since = Moment()
    until = Moment()


class MovementsSerializer(serializers.Serializer[Any]):
    movements = BankEventSerializer(many=True)


class MbWayOrderSerializer(serializers.Serializer[Any]):
    payment_id = serializers.UUIDField()
    phone = serializers.CharField(max_length=20)
    amount = _Amount()

    def validate_phone(self, value: str) -> str:
        try:
            return parse_mobile(value)
        except InvalidMobileError:
            raise serializers.ValidationError("not a Portuguese mobile number") from None


class MbWayAcceptedSerializer(serializers.Serializer[Any]):
    request_id = serializers.UUIDField()
    expires_at = serializers.DateTimeField()


class RefundOrderSerializer(serializers.Serializer[Any]):
    refund_id = serializers.UUIDField()
    payment_id = serializers.UUIDField()
    amount = _Amount()
