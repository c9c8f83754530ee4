"""SMS by Amazon SNS."""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from clinic.core.errors import UnansweredError
from clinic.notifications.channels.base import Outgoing, RejectedError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

PERMANENT = frozenset(
    {
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "OptedOut",
        "ValidationException",
        "ValidationError",
    }
)


@cache
def sns_client(endpoint_url: str | None, region: str) -> "SNSClient":
    """The client for this endpoint (None: Amazon's own), made once in a process."""
    # Imported when first used, or every process would load it at its start.
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
    """Sends with the clinic's sender name, as transactional traffic."""

    def send(self, message: Outgoing) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

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
            if code.removesuffix("Exception") in PERMANENT or code in PERMANENT:
                raise RejectedError(f"sns_{code}"[:60]) from None
            raise UnansweredError from error
        except BotoCoreError as error:
            raise UnansweredError from error
        return answer["MessageId"]
