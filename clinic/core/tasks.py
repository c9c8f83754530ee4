import uuid
from datetime import timedelta

from celery import shared_task

from clinic.core import batches, clock, outbox
from clinic.core.models import Heartbeat, IdempotentRequest, OutboxMessage, RateWindow

KEEP_DONE = timedelta(days=30)
KEEP_IDEMPOTENCY = timedelta(days=2)


@shared_task(name="core.run_outbox")
def run_outbox(message_id: str) -> None:
    outbox.run(uuid.UUID(message_id))


@shared_task(name="core.heartbeat")
def heartbeat(worker: str) -> None:
    """Run by the named worker, from its own queue: shows that it takes work and can write to the
    database."""
    Heartbeat.objects.update_or_create(name=worker, defaults={"at": clock.now()})


@shared_task(name="core.clean")
def clean() -> None:
    moment = clock.now()
    for old in (
        OutboxMessage.objects.filter(done_at__lt=moment - KEEP_DONE),
        IdempotentRequest.objects.filter(created_at__lt=moment - KEEP_IDEMPOTENCY),
        RateWindow.objects.filter(expires_at__lt=moment),
    ):
        for part in batches.of(old):
            part.delete()
