import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from clinic.core import clock
from clinic.notifications.models import Message
from tests.conftest import person

pytestmark = pytest.mark.django_db

MESSAGES = "/admin/notifications/message/"


def test_suppressed_messages_are_found_and_no_words_are_shown() -> None:
    message = Message.objects.create(
        key="one",
        channel="sms",
        template="appointment_booked",
        language="pt",
        to="+351912345678",
        body="code K7M2QX",
        status="suppressed",
        failure="daily_limit",
        created_at=clock.now(),
    )
    user = person("gil", "Gil Matos", "manager")
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename="view_message"))
    site = Client()
    site.force_login(user)

    listed = site.get(f"{MESSAGES}?status__exact=suppressed")
    opened = site.get(f"{MESSAGES}{message.pk}/change/")

    assert [row.pk for row in listed.context["cl"].result_list] == [message.pk]
    for page in (listed, opened):
        assert "daily_limit" in page.content.decode()
        assert "K7M2QX" not in page.content.decode()
