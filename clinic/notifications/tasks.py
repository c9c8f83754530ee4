"""Delivery: the outbox handler that gives one message to its transport; and forgetting."""

import uuid

import structlog
from celery import shared_task
from django.conf import settings
from django.core.files.storage import storages

from clinic.core import clock, outbox
from clinic.notifications import services
from clinic.notifications.models import Channel, Message, MessageStatus
from clinic.notifications.transports import File, Outgoing, RejectedError, Transport, transport

log = structlog.get_logger(__name__)


@outbox.handler("notifications.deliver")
def deliver(*, message_id: str) -> None:
    """Send the message once. A rejection is final and recorded; any other error is retried."""
    message = Message.objects.select_for_update().get(id=uuid.UUID(message_id))
    if message.status != MessageStatus.QUEUED:
        return
    try:
        message.provider_id = _transport_of(message).send(_outgoing(message))[:200]
        message.status = MessageStatus.SENT
        message.sent_at = clock.now()
        log.info("message_sent", message=message_id, template=message.template)
    except RejectedError as error:
        message.failure = error.reason[:60]
        message.status = MessageStatus.FAILED
        log.warning(
            "message_rejected",
            message=message_id,
            template=message.template,
            reason=error.reason,
        )
    message.save(update_fields=["provider_id", "status", "sent_at", "failure"])


@shared_task(name="notifications.forget_old_texts")
def forget_old_texts() -> None:
    services.forget_old_texts()


def _transport_of(message: Message) -> Transport:
    sms = message.channel == Channel.SMS
    return transport(settings.SMS_TRANSPORT if sms else settings.EMAIL_TRANSPORT)


def _outgoing(message: Message) -> Outgoing:
    return Outgoing(
        id=str(message.id),
        to=message.to,
        body=message.body,
        subject=message.subject,
        html=message.html,
        files=tuple(_file(attachment) for attachment in message.attachments),
    )


def _file(attachment: dict[str, str]) -> File:
    # Django's own registry of storages: clinic.storage is a neighbour of this app, not below it.
    try:
        with storages["private"].open(attachment["storage_key"], "rb") as stored:
            data = bytes(stored.read())
    except FileNotFoundError:
        raise RejectedError("attachment_missing") from None
    return File(attachment["name"], attachment["content_type"], data)
