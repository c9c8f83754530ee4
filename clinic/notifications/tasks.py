"""Delivery: the caller that gives one message to its channel; and forgetting."""

import uuid
from collections.abc import Callable
from functools import partial

from celery import shared_task

from clinic.core import outbox
from clinic.notifications import services
from clinic.notifications.causes import NotTold
from clinic.notifications.channels import CHANNELS
from clinic.notifications.channels.base import Channel, File, Outgoing, RejectedError
from clinic.notifications.models import Message
from clinic.storage import private


def open_channel(channel: Channel) -> None:
    """Open a channel: from now on it takes the messages that no earlier channel takes."""
    CHANNELS[channel.name] = channel
    outbox.caller(
        f"notifications.send_{channel.name}",
        queue=channel.queue,
        until_done=True,
        pt="Mensagem por enviar",
        en="Message to be sent",
        about=_about,
    )(deliver)


def deliver(*, message_id: str) -> Callable[[], None] | None:
    """Send the message once. If it is rejected, the next channel takes over, or a person if there
    is none; any other error is retried.

    Only if the process is killed between a service's yes and our record of it may a message go out
    twice, under the same id.
    """
    message = Message.objects.get(id=uuid.UUID(message_id))
    if not services.is_open(message):
        if message.failure == NotTold.OVER_THE_LIMIT:
            raise outbox.Permanent(NotTold.OVER_THE_LIMIT)
        return None
    try:
        provider_id = CHANNELS[message.channel].send(_outgoing(message))
    except RejectedError as error:
        if services.record_rejected(message, error.reason):
            return None
        raise outbox.Permanent(NotTold.UNDELIVERABLE) from None
    return partial(services.record_sent, message, provider_id)


@shared_task(name="notifications.forget_old_texts")
def forget_old_texts() -> None:
    services.forget_old_texts()


def _about(*, message_id: str) -> outbox.Subject:
    message = Message.objects.get(id=uuid.UUID(message_id))
    return outbox.Subject(name=message.to, document=message.subject)


def _outgoing(message: Message) -> Outgoing:
    return Outgoing(
        id=str(message.id),
        to=message.to,
        body=message.body,
        subject=message.subject,
        html=message.html,
        files=tuple(_file(**attachment) for attachment in message.attachments),
    )


def _file(*, name: str, content_type: str, storage_key: str) -> File:
    return File(name, content_type, private.get(storage_key))
