"""Telling somebody something: writes the message and its outbox row in the caller's transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models import Q

from clinic.core import batches, clock, locks, outbox
from clinic.notifications import rendering
from clinic.notifications.causes import NotTold
from clinic.notifications.channels import CHANNELS
from clinic.notifications.channels.base import Channel
from clinic.notifications.models import Message, MessageStatus

if TYPE_CHECKING:
    from clinic.directory.models import Patient

log = structlog.get_logger(__name__)

ABOUTS_AT_ONCE = 100
ERASED = "erased"
OTHER_WAY = ("channel", "to", "subject", "body", "html", "attachments", "other_way")
NO_WORDS: dict[str, Any] = {"subject": "", "body": "", "html": "", "other_way": {}}
NO_TEXT = {"to": "", **NO_WORDS}
SECRET = frozenset({"phone_code", "email_code", "sign_in_code", "password_link"})
"""These open an account: what they say is forgotten as soon as it has left."""

# Long enough to answer "I never got it" about a visit and its payment. After that nobody needs the
# phone number, the check-in code and the payment link.
KEEP_TEXT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in the private storage that goes out with a message."""

    name: str
    content_type: str
    storage_key: str


@transaction.atomic
def tell(
    patient: "Patient",
    template: str,
    *,
    key: str,
    context: Mapping[str, Any],
    language: str = "",
    attachments: Sequence[Attachment] = (),
    addresses: Mapping[str, str] | None = None,
) -> Message | None:
    """Tell a patient something once, by the first channel that reaches them and can write it.

    If an address has had its messages of the day, or refuses this one, the next channel takes over.
    If there is none, the message is listed with the work that has stopped. `key` says what it is
    about, for instance ``appointment:<id>:booked``. Called again with the same key, this returns
    the first message, whichever channel took it. Returns None for a patient whom no channel
    reaches.

    The `needs` of the channels list the values of each template; a missing one raises `KeyError`.
    The clinic's name, address and phone are part of every context. Instants are aware datetimes and
    amounts are Decimals: the template writes them out. `language` and `addresses` (by the channel's
    name) are for this message alone, and come before the patient's own.
    """
    ways = _ways(patient, template, addresses or {})
    if attachments:
        ways = ((one, to) for one, to in ways if one.carries_files)
    return _tell(ways, template, key, context, language or patient.language, attachments)


@transaction.atomic
def tell_by(
    ways: Mapping[str, str],
    template: str,
    *,
    key: str,
    context: Mapping[str, Any],
    language: str,
) -> Message | None:
    """The same for somebody with an account, by these channels and no others, the first choice
    first. `ways` are their addresses by channel."""
    able = (
        (CHANNELS[name], to) for name, to in ways.items() if to and template in CHANNELS[name].needs
    )
    return _tell(able, template, key, context, language)


def _tell(
    ways: Iterable[tuple[Channel, str]],
    template: str,
    key: str,
    context: Mapping[str, Any],
    language: str,
    attachments: Sequence[Attachment] = (),
) -> Message | None:
    if first := Message.objects.filter(key=key).order_by("created_at").first():
        return first
    message = None
    for channel, to in reversed(list(ways)):
        message = Message(
            key=key,
            channel=channel.name,
            template=template,
            language=rendering.language_of(language),
            to=to,
            attachments=[asdict(attachment) for attachment in attachments],
            other_way={field: getattr(message, field) for field in OTHER_WAY} if message else {},
            **asdict(channel.write(template, language, context)),
        )
    return None if message is None else _queue(message)


def reaches(patient: "Patient", *templates: str) -> bool:
    """Whether there is a channel by which a patient can be told each of these."""
    return all(any(_ways(patient, template, {})) for template in templates)


def _ways(
    patient: "Patient", template: str, addresses: Mapping[str, str]
) -> Iterator[tuple[Channel, str]]:
    for channel in CHANNELS.values():
        to = addresses.get(channel.name) or channel.address_of(patient)
        if to and template in channel.needs:
            yield channel, to


def is_open(message: Message) -> bool:
    """Whether a message may still be sent: it waits, or was refused and somebody tries it again.
    One over the daily limit waits for another day."""
    if message.status == MessageStatus.SUPPRESSED and message.failure == NotTold.OVER_THE_LIMIT:
        with transaction.atomic():
            return not _has_had_enough(message)
    return message.status in {MessageStatus.QUEUED, MessageStatus.FAILED}


@transaction.atomic
def _queue(message: Message) -> Message:
    if _has_had_enough(message):
        message.status = MessageStatus.SUPPRESSED
        message.failure = NotTold.OVER_THE_LIMIT
        log.warning(
            "message_suppressed",
            message=str(message.id),
            channel=message.channel,
            template=message.template,
        )
    message.created_at = clock.now()
    Message.objects.bulk_create([message], ignore_conflicts=True)
    stored = Message.objects.get(key=message.key, channel=message.channel)
    if stored.id != message.id:
        return stored
    if stored.status == MessageStatus.QUEUED or not _go_on(stored):
        _hand_over(stored)
    return stored


def _go_on(message: Message) -> bool:
    """Queue the message on its next channel; False if there is none."""
    if not message.other_way:
        return False
    _queue(
        Message(
            key=message.key,
            template=message.template,
            language=message.language,
            **message.other_way,
        )
    )
    return True


def _hand_over(message: Message) -> None:
    outbox.enqueue(
        f"notifications.send_{message.channel}",
        key=f"message:{message.id}",
        message_id=str(message.id),
    )


def record_sent(message: Message, provider_id: str) -> None:
    """Record that the message has left, whatever became of its text meanwhile. Call it in a
    transaction."""
    Message.objects.filter(pk=message.pk).update(
        status=MessageStatus.SENT,
        sent_at=clock.now(),
        provider_id=provider_id[:200],
        failure="",
        **(NO_WORDS if message.template in SECRET else {}),
    )
    log.info("message_sent", message=str(message.pk), template=message.template)


@transaction.atomic
def record_rejected(message: Message, reason: str) -> bool:
    """Record that this channel will never deliver the message. Returns whether another channel
    tries."""
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
    """Blank the recipients and texts of old messages; that they were sent stays, and so do attached
    files. Returns how many."""
    old = Message.objects.filter(created_at__lt=clock.now() - KEEP_TEXT).exclude(to="")
    return sum(part.update(**NO_TEXT) for part in batches.of(old))


def forget(*abouts: str) -> None:
    """Blank the recipients and texts of messages about these things, whatever their age and
    channel. What wasn't sent yet never will be. `abouts` are the beginnings of their keys, such as
    `appointment:<id>`."""
    for first in range(0, len(abouts), ABOUTS_AT_ONCE):
        some = abouts[first : first + ABOUTS_AT_ONCE]
        said = Q(key__in=some)
        for about in some:
            said |= Q(key__startswith=f"{about}:")
        kept = Message.objects.filter(said)
        kept.filter(status=MessageStatus.QUEUED).update(
            status=MessageStatus.SUPPRESSED, failure=ERASED
        )
        kept.exclude(to="").update(**NO_TEXT)


def _has_had_enough(message: Message) -> bool:
    """Whether an address has had all its messages of today. Writers to one address wait for each
    other."""
    limit = CHANNELS[message.channel].most_a_day()
    if limit is None:
        return False
    locks.take(locks.ADDRESSEE(f"{message.channel}:{message.to}"))
    midnight, _ = clock.day_bounds(clock.today())
    sent = Message.objects.filter(channel=message.channel, to=message.to, created_at__gte=midnight)
    return sent.exclude(status=MessageStatus.SUPPRESSED).count() >= limit
