from celery import shared_task

from clinic.accounts import services


@shared_task(name="accounts.clean_sessions")
def clean_sessions() -> None:
    services.purge_sessions()
