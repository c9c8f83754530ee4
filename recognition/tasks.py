import threading
import uuid
from collections.abc import Callable
from typing import Any

from celery import current_app, shared_task
from celery.signals import worker_process_init

from clinic.core import outbox
from recognition import engines, subjects
from recognition.services import check_in, enrolment, liveness, pictures, retention

# Work that takes seconds has its own queue, so that it doesn't delay messages and money.
FACES = "recognition"


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """If this worker takes face work, load the models in the background: Celery gives a new process
    only seconds to report, and the first job waits for the models anyway."""
    if FACES in current_app.amqp.queues.consume_from:
        threading.Thread(target=engines.warm_up, name="face-models", daemon=True).start()


@outbox.caller(
    "recognition.enrol",
    queue=FACES,
    until_done=True,
    pt="Registo de um rosto por fazer",
    en="Face to be registered",
    about=subjects.of_enrolment,
)
def enrol(*, enrolment_id: str, attempt: str) -> Callable[[], None]:
    return enrolment.complete(uuid.UUID(enrolment_id), uuid.UUID(attempt))


@outbox.caller(
    enrolment.ERASE,
    queue=FACES,
    until_done=True,
    pt="Rosto por apagar no prestador",
    en="Face to be erased at the provider",
    about=subjects.of_enrolment,
)
def erase(*, engine: str, model_hash: str, enrolment_id: str, upload: str) -> Callable[[], None]:
    return enrolment.erase_copies(
        engine=engine,
        model_hash=model_hash,
        enrolment_id=uuid.UUID(enrolment_id),
        upload=uuid.UUID(upload),
    )


# By the time it is given up, nobody waits at the kiosk any more.
@outbox.caller(
    "recognition.identify",
    queue=FACES,
    until_done=False,
    pt="Chegada pelo rosto por reconhecer",
    en="Arrival by face to be recognised",
)
def identify(*, check_in_id: str) -> Callable[[], None]:
    return check_in.identify(uuid.UUID(check_in_id))


@shared_task(name="recognition.expire")
def expire() -> None:
    retention.run()


@shared_task(name="recognition.sweep")
def sweep() -> None:
    """The safety net for pictures: answers late check-ins, and erases forgotten files and unused
    video sessions."""
    check_in.close_late()
    pictures.sweep()
    liveness.forget_unused()
