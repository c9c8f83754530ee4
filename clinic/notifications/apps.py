from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "clinic.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from clinic.notifications import checks, tasks
        from clinic.notifications.channels.email.channel import Email
        from clinic.notifications.channels.sms.channel import Sms

        # The first that reaches a person is taken.
        for channel in (Sms(), Email()):
            tasks.open_channel(channel)
