"""The sandbox phone and mailbox: messages are kept to be looked at, and don't leave this
machine."""

import re

from django.db import transaction

from clinic.core import clock
from clinic.notifications.channels.base import Outgoing
from clinic.sandbox.models import SandboxAttachment, SandboxMessage

_LINK = re.compile(r"https?://[^\s<>\"']+")


class SandboxSms:
    def send(self, message: Outgoing) -> str:
        return _keep("sms", message)


class SandboxEmail:
    def send(self, message: Outgoing) -> str:
        return _keep("email", message)


def links(text: str) -> list[str]:
    """The addresses in a message, in order and without the full stop that may follow them."""
    found = [link.rstrip(".,;:!?)]}") for link in _LINK.findall(text)]
    return list(dict.fromkeys(found))


@transaction.atomic
def _keep(channel: str, message: Outgoing) -> str:
    kept, is_new = SandboxMessage.objects.get_or_create(
        delivery=message.id,
        defaults={
            "channel": channel,
            "to": message.to,
            "subject": message.subject,
            "body": message.body,
            "html": message.html,
            "created_at": clock.now(),
        },
    )
    if is_new:
        SandboxAttachment.objects.bulk_create(
            SandboxAttachment(
                message=kept,
                position=position,
                name=file.name,
                content_type=file.content_type,
                data=file.data,
            )
            for position, file in enumerate(message.files)
        )
    return str(kept.id)
