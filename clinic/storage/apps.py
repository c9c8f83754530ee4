from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "clinic.storage"
    label = "storage"
    verbose_name = "Storage"
