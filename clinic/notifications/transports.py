"""How a message leaves the house: Amazon SNS for SMS, SMTP for e-mail.

A transport is a class without arguments whose `send` hands over one message and gives back the
provider's id of it. `RejectedError` means that this message will never go, `UnansweredError` that
another try may help.
"""

import re
import smtplib
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from typing import TYPE_CHECKING, Protocol

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils.module_loading import import_string

from clinic.core.errors import UnansweredError
from clinic.notifications import smtp

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

E164 = re.compile(r"\+[1-9][0-9]{7,14}")
SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")
SNS_PERMANENT = frozenset(
    {
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "OptedOut",
        "ValidationException",
        "ValidationError",
    }
)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a transport gets. `id` is the same at every try, so that a repeat can be recognised."""

    id: str
    to: str
    body: str
    subject: str = ""
    html: str = ""
    files: tuple[File, ...] = ()


class RejectedError(Exception):
    """This message can't be delivered, however often it is tried. `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Transport(Protocol):
    def send(self, message: Outgoing) -> str:
        """Hand the message over; gives the provider's id or raises `RejectedError`, or
        `UnansweredError` where it isn't known to have left."""


def transport(dotted_path: str) -> Transport:
    """The transport that the settings name."""
    chosen: Transport = import_string(dotted_path)()
    return chosen


def check_phone(number: str) -> None:
    """Raises `RejectedError` unless the number is E.164 and could exist."""
    if E164.fullmatch(number):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number)):
                return
        except phonenumbers.NumberParseException:
            raise RejectedError("invalid_phone") from None
    raise RejectedError("invalid_phone")


def check_address(address: str) -> None:
    """Raises `RejectedError` unless this is one e-mail address and nothing else."""
    try:
        validate_email(address)
    except ValidationError:
        raise RejectedError("invalid_address") from None


@cache
def sns_client(endpoint_url: str | None, region: str) -> "SNSClient":
    """The client for this endpoint (None: Amazon's own), made once in a process."""
    # At the first use: else every process would load it at its start.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "sns",
        endpoint_url=endpoint_url,
        region_name=region,
        config=Config(
            connect_timeout=3,
            read_timeout=8,
            retries={"mode": "standard", "total_max_attempts": 2},
        ),
    )


class SnsTransport:
    """SMS by Amazon SNS, with the clinic's sender name and as transactional traffic."""

    def send(self, message: Outgoing) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        check_phone(message.to)
        try:
            answer = sns_client(settings.AWS_ENDPOINT_URL, settings.AWS_REGION).publish(
                PhoneNumber=message.to,
                Message=message.body,
                MessageAttributes={
                    "AWS.SNS.SMS.SenderID": {
                        "DataType": "String",
                        "StringValue": settings.SNS_SENDER_ID,
                    },
                    "AWS.SNS.SMS.SMSType": {
                        "DataType": "String",
                        "StringValue": "Transactional",
                    },
                },
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code.removesuffix("Exception") in SNS_PERMANENT or code in SNS_PERMANENT:
                raise RejectedError(f"sns_{code}"[:60]) from None
            raise UnansweredError from error
        except BotoCoreError as error:
            raise UnansweredError from error
        return answer["MessageId"]


class SmtpTransport:
    """E-mail by SMTP, by the EMAIL_* settings."""

    def send(self, message: Outgoing) -> str:
        check_address(message.to)
        message_id = f"<{message.id}@{_sender_domain()}>"
        mail = EmailMultiAlternatives(
            subject=_one_line(message.subject),
            body=message.body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[message.to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            connection=smtp.Backend(),
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        for file in message.files:
            mail.attach(_one_line(file.name), file.data, _one_line(file.content_type))
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= 500 for code, _ in error.recipients.values()):
                raise RejectedError("recipient_refused") from None
            raise UnansweredError from error
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise RejectedError(f"smtp_{error.smtp_code}") from None
            raise UnansweredError from error
        # Of smtplib, TLS and sockets.
        except OSError as error:
            raise UnansweredError from error
        return message_id


def _one_line(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise RejectedError("header_injection")
    return value


def _sender_domain() -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2] or "localhost"
