import uuid

from celery import shared_task

from clinic.core import outbox
from recognition.services import check_in, enrolment, pictures


@outbox.handler("recognition.enrol")
def enrol(*, enrolment_id: str, attempt: str) -> None:
    enrolment.complete(uuid.UUID(enrolment_id), uuid.UUID(attempt))


@outbox.handler("recognition.identify")
def identify(*, check_in_id: str) -> None:
    check_in.identify(uuid.UUID(check_in_id))


@shared_task(name="recognition.expire")
def expire() -> None:
    enrolment.expire_due()
    enrolment.give_up_on_stuck()


@shared_task(name="recognition.sweep")
def sweep() -> None:
    """The net under the pictures: late check-ins are answered, forgotten files erased."""
    check_in.close_late()
    pictures.sweep()
