"""Deciding to send: write the message and its outbox row in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from clinic.core import batches, clock, locks, outbox
from clinic.notifications import rendering
from clinic.notifications.models import Channel, Message, MessageStatus

log = structlog.get_logger(__name__)

OVER_THE_LIMIT = "daily_limit"
ABOUTS_AT_ONCE = 100
ERASED = "erased"
OTHER_WAY = ("key", "to", "subject", "body", "html")
NO_TEXT: dict[str, Any] = {"to": "", "subject": "", "body": "", "html": "", "other_way": {}}

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
    return _queue(_text(template, to, language, context, key))


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
    mail = _mail(template, to, language, context, key)
    mail.attachments = [asdict(attachment) for attachment in attachments]
    return _queue(mail)


def _text(template: str, to: str, language: str, context: Mapping[str, Any], key: str) -> Message:
    message = Message(
        key=f"sms:{key}",
        channel=Channel.SMS,
        template=template,
        language=rendering.language_of(language),
        to=to,
        body=rendering.sms(template, language, context),
    )
    if _has_had_enough(to):
        message.status = MessageStatus.SUPPRESSED
        message.failure = OVER_THE_LIMIT
        log.warning("sms_suppressed", message=str(message.id), template=template)
    return message


def _mail(template: str, to: str, language: str, context: Mapping[str, Any], key: str) -> Message:
    mail = rendering.email(template, language, context)
    return Message(
        key=f"email:{key}",
        channel=Channel.EMAIL,
        template=template,
        language=rendering.language_of(language),
        to=to,
        subject=mail.subject,
        body=mail.text,
        html=mail.html,
    )


@transaction.atomic
def tell(
    *, template: str, phone: str, email: str, language: str, context: Mapping[str, Any], key: str
) -> Message | None:
    """Tell a person something once, by the way that is open: by SMS, else by e-mail.

    Where the number has had its messages of the day, or the SMS is refused, the e-mail goes out in
    its place. Where that isn't possible either, the message stands among the work that has come to
    a halt. The first message about `key` is the answer when asked again, whichever way it went;
    None for a person who is known by neither.
    """
    told = Message.objects.filter(key__in=[f"sms:{key}", f"email:{key}"]).order_by("created_at")
    if first := told.first():
        return first
    mail = _mail(template, email, language, context, key) if email else None
    if not phone:
        return None if mail is None else _queue(mail)
    text = _text(template, phone, language, context, key)
    if mail is not None:
        text.other_way = {field: getattr(mail, field) for field in OTHER_WAY}
    stored = _queue(text)
    if stored.id == text.id and stored.status == MessageStatus.SUPPRESSED and not _go_on(stored):
        _hand_over(stored)
    return stored


def is_open(message: Message) -> bool:
    """Whether a message may still be sent: it waits, or was refused and is asked for again. What
    was over its limit waits for another day."""
    if message.status == MessageStatus.SUPPRESSED and message.failure == OVER_THE_LIMIT:
        with transaction.atomic():
            return not _has_had_enough(message.to)
    return message.status in {MessageStatus.QUEUED, MessageStatus.FAILED}


def _go_on(message: Message) -> bool:
    """Queue the e-mail that goes out in place of a message; False where there is none."""
    if not message.other_way:
        return False
    _queue(
        Message(
            channel=Channel.EMAIL,
            template=message.template,
            language=message.language,
            **message.other_way,
        )
    )
    return True


@transaction.atomic
def _queue(message: Message) -> Message:
    message.created_at = clock.now()
    Message.objects.bulk_create([message], ignore_conflicts=True)
    stored = Message.objects.get(key=message.key)
    if stored.status == MessageStatus.QUEUED:
        _hand_over(stored)
    return stored


def _hand_over(message: Message) -> None:
    outbox.enqueue(
        f"notifications.send_{message.channel}",
        key=f"message:{message.id}",
        message_id=str(message.id),
    )


def record_sent(message: Message, provider_id: str) -> None:
    """It has left the house, whatever became of its text meanwhile. For inside a transaction."""
    Message.objects.filter(pk=message.pk).update(
        status=MessageStatus.SENT,
        sent_at=clock.now(),
        provider_id=provider_id[:200],
        failure="",
    )
    log.info("message_sent", message=str(message.pk), template=message.template)


@transaction.atomic
def record_rejected(message: Message, reason: str) -> bool:
    """It will never be delivered this way. Whether it goes another one."""
    open_still = Message.objects.select_for_update().filter(
        pk=message.pk, status__in=[MessageStatus.QUEUED, MessageStatus.FAILED]
    )
    kept = open_still.first()
    if kept is None:
        return True
    kept.status, kept.failure = MessageStatus.FAILED, reason[:60]
    kept.save(update_fields=["status", "failure"])
    log.warning(
        "message_rejected", message=str(message.pk), template=message.template, reason=reason
    )
    return _go_on(kept)


def forget_old_texts() -> int:
    """Blank whom old messages went to and what they said; that they were sent stays, and so do
    the files that were attached. Returns how many."""
    old = Message.objects.filter(created_at__lt=clock.now() - KEEP_TEXT).exclude(to="")
    return sum(part.update(**NO_TEXT) for part in batches.of(old))


def forget(*abouts: str) -> None:
    """Blank whom messages about these things went to and what they said, whatever their age. What
    wasn't sent yet isn't any more. `abouts` are how their keys begin, `appointment:<id>` for one.
    """
    for first in range(0, len(abouts), ABOUTS_AT_ONCE):
        some = abouts[first : first + ABOUTS_AT_ONCE]
        said = Q()
        for about in some:
            said |= Q(key__startswith=f"sms:{about}:") | Q(key__startswith=f"email:{about}:")
        whole = [f"{way}:{about}" for about in some for way in ("sms", "email")]
        kept = Message.objects.filter(said | Q(key__in=whole))
        kept.filter(status=MessageStatus.QUEUED).update(
            status=MessageStatus.SUPPRESSED, failure=ERASED
        )
        kept.exclude(to="").update(**NO_TEXT)


def _has_had_enough(phone: str) -> bool:
    """Whether today's messages to a number are used up. Its writers wait for each other."""
    locks.take(locks.SMS(phone))
    midnight, _ = clock.day_bounds(clock.today())
    sent = Message.objects.filter(channel=Channel.SMS, to=phone, created_at__gte=midnight)
    limit: int = settings.SMS_PER_NUMBER_A_DAY
    return sent.exclude(status=MessageStatus.SUPPRESSED).count() >= limit
