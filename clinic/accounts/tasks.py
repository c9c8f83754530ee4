import uuid

from celery import shared_task

from clinic.accounts import services
from clinic.accounts.choices import Purpose
from clinic.core import outbox


@outbox.handler(
    "accounts.send_secret",
    until_done=False,
    pt="Código ou ligação por enviar",
    en="Code or link to be sent",
)
def send_secret(*, user_id: str, purpose: str) -> None:
    """Nobody's id for an unknown login, whose request has to look like any other."""
    if user_id:
        services.send_secret(uuid.UUID(user_id), Purpose(purpose))


@shared_task(name="accounts.clean_sessions")
def clean_sessions() -> None:
    services.purge_sessions()
    services.purge_codes()
