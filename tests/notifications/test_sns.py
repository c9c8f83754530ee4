from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber
from django.conf import settings as django_settings
from moto.backends import get_backend
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from clinic.core.errors import UnansweredError
from clinic.notifications.channels.base import Outgoing, RejectedError
from clinic.notifications.channels.sms import sns
from clinic.notifications.channels.sms.channel import Sms
from clinic.notifications.channels.sms.sns import SnsTransport
from tests.notifications.conftest import ACCOUNT

StartMoto = Callable[[int], ThreadedMotoServer]
MESSAGE = Outgoing(id="m1", to="+351912345678", body="Clinica Vez: ter 24/11 às 10:30, 40,00€")


@pytest.fixture
def endpoint(free_port: int, settings: Settings) -> int:
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port}"
    return free_port


def sent_texts() -> list[tuple[str, str]]:
    backend = get_backend("sns")[ACCOUNT]["eu-west-1"]
    return [(phone, text) for phone, text in backend.sms_messages.values()]


@pytest.fixture(autouse=True)
def _nothing_sent_yet() -> None:
    get_backend("sns")[ACCOUNT]["eu-west-1"].reset()


@pytest.fixture
def stub(aws: None, endpoint: int) -> Stubber:
    return Stubber(sns.sns_client(f"http://127.0.0.1:{endpoint}", "eu-west-1"))


def test_an_sms_goes_out_over_http(endpoint: int, start_moto: StartMoto) -> None:
    start_moto(endpoint)

    provider_id = SnsTransport().send(MESSAGE)

    assert len(provider_id) == 36
    assert sent_texts() == [(MESSAGE.to, MESSAGE.body)]


def test_the_sender_name_and_transactional_priority_are_asked_for(
    stub: Stubber, settings: Settings
) -> None:
    settings.SNS_SENDER_ID = "ClinicaVez"
    stub.add_response(
        "publish",
        {"MessageId": "id-1"},
        {
            "PhoneNumber": "+351912345678",
            "Message": MESSAGE.body,
            "MessageAttributes": {
                "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "ClinicaVez"},
                "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
            },
        },
    )

    with stub:
        assert SnsTransport().send(MESSAGE) == "id-1"

    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    "number",
    [
        "",
        "912345678",
        "00351912345678",
        "+351 912 345 678",
        "+351#912345678",
        "+35191234567",
        "+3519123456789",
        "+351012345678",
        "+0912345678",
        "+٣٥١٩١٢٣٤٥٦٧٨",
        "+351912345678\n",
        "+351912345678;ext=1",
        "arn:aws:sns:eu-west-1:123456789012:topic",
    ],
)
def test_a_number_that_can_not_be_one_never_reaches_the_provider(
    number: str, aws: None, moto_port: int, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{moto_port}"
    settings.MESSAGE_TRANSPORTS = {"sms": "clinic.notifications.channels.sms.sns.SnsTransport"}

    with pytest.raises(RejectedError) as refusal:
        Sms().send(Outgoing(id="m1", to=number, body="x"))

    assert refusal.value.reason == "invalid_phone"
    assert sent_texts() == []


@pytest.mark.parametrize("number", ["+351912345678", "+351210123456", "+447400123456"])
def test_real_numbers_of_any_country_are_taken(number: str) -> None:
    Sms().refuse(number)


@pytest.mark.parametrize(
    "code", ["InvalidParameter", "InvalidParameterValue", "OptedOut", "ValidationException"]
)
def test_a_refusal_that_stays_is_final(stub: Stubber, code: str) -> None:
    stub.add_client_error("publish", service_error_code=code, http_status_code=400)

    with stub, pytest.raises(RejectedError) as refusal:
        SnsTransport().send(MESSAGE)

    assert refusal.value.reason == f"sns_{code}"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalError", 500),
        ("Throttled", 429),
        ("AuthorizationError", 403),
        ("InvalidClientTokenId", 403),
        ("SomethingNew", 400),
    ],
)
def test_any_other_refusal_may_be_tried_again(stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("publish", service_error_code=code, http_status_code=status)

    with stub, pytest.raises(UnansweredError):
        SnsTransport().send(MESSAGE)


def test_a_server_that_is_down_is_no_refusal(aws: None, endpoint: int) -> None:
    with pytest.raises(UnansweredError):
        SnsTransport().send(MESSAGE)


def test_time_outs_are_short_and_tries_few(aws: None) -> None:
    config: Any = sns.sns_client(None, "eu-west-1").meta.config

    assert config.connect_timeout == 3
    assert config.read_timeout == 8
    assert config.retries["total_max_attempts"] == 2
    assert sns.sns_client(None, django_settings.AWS_REGION).meta.region_name == "eu-west-1"
