"""Deciding to send: write the message and its outbox row in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from clinic.core import clock, outbox
from clinic.notifications import rendering
from clinic.notifications.models import Channel, Message, MessageStatus

log = structlog.get_logger(__name__)

OVER_THE_LIMIT = "daily_limit"
ERASED = "erased"

# Long enough to answer "I never got it" about a visit and its payment; after that phone number,
# check-in code and payment link serve nobody.
KEEP_TEXT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the private storage that goes out with an e-mail."""

    name: str
    content_type: str
    storage_key: str


def send_sms(
    *, template: str, to: str, language: str, context: Mapping[str, Any], key: str
) -> Message:
    """Queue one SMS of a single GSM-7 part; call it inside a transaction.

    `key` says what the message is about, for instance ``appointment:<id>:booked``: a second
    call with the same key gives back the first message and sends nothing. `to` is E.164. From the
    message after `SMS_PER_NUMBER_A_DAY` on, the rest of that day's stay in the log, suppressed.
    The clinic's name, address and phone are part of every context; what each template wants
    besides is listed in `rendering.SMS_NEEDS`, and a missing value raises `KeyError`. Instants
    are aware datetimes and amounts are Decimals: the template writes them out.
    """
    text = rendering.sms(template, language, context)
    message = Message(
        key=f"sms:{key}",
        channel=Channel.SMS,
        template=template,
        language=rendering.language_of(language),
        to=to,
        body=text,
    )
    if _has_had_enough(to):
        message.status = MessageStatus.SUPPRESSED
        message.failure = OVER_THE_LIMIT
    stored = _queue(message)
    if stored.id == message.id and stored.status == MessageStatus.SUPPRESSED:
        log.warning("sms_suppressed", message=str(stored.id), template=template)
    return stored


def send_email(
    *,
    template: str,
    to: str,
    language: str,
    context: Mapping[str, Any],
    key: str,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Queue one e-mail with plain text, HTML and attachments; otherwise like `send_sms`.

    What each template wants is listed in `rendering.EMAIL_NEEDS`.
    """
    mail = rendering.email(template, language, context)
    return _queue(
        Message(
            key=f"email:{key}",
            channel=Channel.EMAIL,
            template=template,
            language=rendering.language_of(language),
            to=to,
            subject=mail.subject,
            body=mail.text,
            html=mail.html,
            attachments=[asdict(attachment) for attachment in attachments],
        )
    )


@transaction.atomic
def _queue(message: Message) -> Message:
    message.created_at = clock.now()
    Message.objects.bulk_create([message], ignore_conflicts=True)
    stored = Message.objects.get(key=message.key)
    if stored.status == MessageStatus.QUEUED:
        outbox.enqueue(
            f"notifications.send_{stored.channel}",
            key=f"message:{stored.id}",
            message_id=str(stored.id),
        )
    return stored


def record_sent(message: Message, provider_id: str) -> None:
    """It has left the house, whatever became of its text meanwhile. For inside a transaction."""
    Message.objects.filter(pk=message.pk).update(
        status=MessageStatus.SENT,
        sent_at=clock.now(),
        provider_id=provider_id[:200],
        failure="",
    )
    log.info("message_sent", message=str(message.pk), template=message.template)


def record_rejected(message: Message, reason: str) -> None:
    """It will never be delivered. For inside a transaction."""
    Message.objects.filter(pk=message.pk, status=MessageStatus.QUEUED).update(
        status=MessageStatus.FAILED, failure=reason[:60]
    )
    log.warning(
        "message_rejected", message=str(message.pk), template=message.template, reason=reason
    )


def forget_old_texts() -> int:
    """Blank whom old messages went to and what they said; that they were sent stays, and so do
    the files that were attached. Returns how many."""
    old = Message.objects.filter(created_at__lt=clock.now() - KEEP_TEXT).exclude(to="")
    return old.update(to="", subject="", body="", html="")


def forget(*abouts: str) -> None:
    """Blank whom messages about these things went to and what they said, whatever their age. What
    wasn't sent yet isn't any more. `abouts` are how their keys begin, `appointment:<id>` for one.
    """
    for about in abouts:
        kept = Message.objects.filter(
            Q(key__startswith=f"sms:{about}:")
            | Q(key__startswith=f"email:{about}:")
            | Q(key__in=[f"sms:{about}", f"email:{about}"])
        )
        kept.filter(status=MessageStatus.QUEUED).update(
            status=MessageStatus.SUPPRESSED, failure=ERASED
        )
        kept.exclude(to="").update(to="", subject="", body="", html="")


def _has_had_enough(phone: str) -> bool:
    """Whether today's messages to a number are used up. Its writers wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sms:{phone}"])
    midnight, _ = clock.day_bounds(clock.today())
    sent = Message.objects.filter(channel=Channel.SMS, to=phone, created_at__gte=midnight)
    limit: int = settings.SMS_PER_NUMBER_A_DAY
    return sent.exclude(status=MessageStatus.SUPPRESSED).count() >= limit
