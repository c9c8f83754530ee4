"""Delivery: the caller that gives one message to its transport; and forgetting."""

import uuid
from collections.abc import Callable
from functools import partial

from celery import shared_task
from django.conf import settings
from django.core.files.storage import storages

from clinic.core import outbox
from clinic.notifications import services
from clinic.notifications.models import Channel, Message
from clinic.notifications.transports import File, Outgoing, RejectedError, Transport, transport


def _about(*, message_id: str) -> outbox.Subject:
    message = Message.objects.get(id=uuid.UUID(message_id))
    return outbox.Subject(name=message.to, document=message.subject)


@outbox.caller(
    "notifications.send_sms",
    queue="sms",
    until_done=True,
    pt="Mensagem por enviar",
    en="Message to be sent",
    about=_about,
)
@outbox.caller(
    "notifications.send_email",
    queue="email",
    until_done=True,
    pt="Mensagem por enviar",
    en="Message to be sent",
    about=_about,
)
# As the rows of a former release name it.
@outbox.caller(
    "notifications.deliver",
    queue="email",
    until_done=True,
    pt="Mensagem por enviar",
    en="Message to be sent",
    about=_about,
)
def deliver(*, message_id: str) -> Callable[[], None] | None:
    """Send the message once. What is rejected goes another way or, where there is none, is left to
    a person; any other error is retried.

    Only where we are killed between a service's yes and our record of it may a message go out
    twice, under the same id.
    """
    message = Message.objects.get(id=uuid.UUID(message_id))
    if not services.is_open(message):
        if message.failure == services.OVER_THE_LIMIT:
            raise outbox.Permanent(services.OVER_THE_LIMIT)
        return None
    try:
        provider_id = _transport_of(message).send(_outgoing(message))
    except RejectedError as error:
        if services.record_rejected(message, error.reason):
            return None
        raise outbox.Permanent("undeliverable") from None
    return partial(services.record_sent, message, provider_id)


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
    with storages["private"].open(attachment["storage_key"], "rb") as stored:
        data = bytes(stored.read())
    return File(attachment["name"], attachment["content_type"], data)
