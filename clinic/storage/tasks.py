from celery import shared_task
from django.core.files.storage import storages

from clinic.storage.folder import FolderStorage


@shared_task(name="storage.sweep")
def sweep() -> None:
    """Half a face is still a face: what a killed process left of a file doesn't stay."""
    storage = storages["private"]
    if isinstance(storage, FolderStorage):
        storage.sweep()
