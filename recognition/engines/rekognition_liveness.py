"""Amazon Rekognition Face Liveness: whether a living person stands at the kiosk.

The kiosk streams a short video straight to Amazon, with a key that opens nothing else and expires
by itself. Asked afterwards, Amazon says how sure it is, and gives one picture from the video. We
name no place to store pictures, so nothing of the video is stored for the clinic.
"""

import json
import re
import uuid
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from recognition.engines.base import (
    EngineRefusedError,
    EngineUnavailableError,
    Filmed,
    Filming,
    StreamKey,
)
from recognition.engines.rekognition import client_of, typed

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_sts import STSClient

SESSION_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The shortest time that the token service allows; a session ends long before.
KEY_SECONDS: Final = 900
# Whatever else the role may do, the kiosk's key may only stream. The action has no resources.
STREAM_ONLY: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*"}
        ],
    },
    separators=(",", ":"),
)


class RekognitionLiveness:
    """`LivenessCheck` of Amazon Rekognition; the settings name the role for its streams."""

    def begin(self, kiosk: uuid.UUID) -> Filming:
        """See `LivenessCheck`. The key comes first: a session's few minutes count from the moment
        it is made."""
        key = self._key(kiosk)
        try:
            answer = self._rekognition.create_face_liveness_session(
                # A repeated try gets the same session, not a second one.
                ClientRequestToken=str(uuid.uuid4()),
                Settings={"AuditImagesLimit": 0},
            )
        except (BotoCoreError, ClientError) as error:
            raise typed(error) from None
        if not SESSION_ID.fullmatch(answer["SessionId"]):
            raise EngineRefusedError("session_id_malformed")
        return Filming(id=uuid.UUID(answer["SessionId"]), region=settings.AWS_REGION, key=key)

    def outcome(self, session: uuid.UUID) -> Filmed:
        """See `LivenessCheck`."""
        client = client_of(settings.AWS_ENDPOINT_URL, settings.AWS_REGION)
        try:
            answer = client.get_face_liveness_session_results(SessionId=str(session))
        except (BotoCoreError, ClientError) as error:
            raise typed(error) from None
        if answer["Status"] == "FAILED":
            return Filmed(lives=False)
        if answer["Status"] != "SUCCEEDED":
            raise EngineUnavailableError(f"session_{answer['Status'].lower()}")
        confidence = answer.get("Confidence")
        if confidence is None:
            raise EngineUnavailableError("confidence_missing")
        if confidence < settings.FACE_LIVENESS_CONFIDENCE:
            return Filmed(lives=False)
        return Filmed(lives=True, picture=answer.get("ReferenceImage", {}).get("Bytes"))

    def _key(self, kiosk: uuid.UUID) -> StreamKey:
        try:
            given = self._tokens.assume_role(
                RoleArn=settings.FACE_LIVENESS_ROLE,
                RoleSessionName=f"kiosk-{kiosk}",
                Policy=STREAM_ONLY,
                DurationSeconds=KEY_SECONDS,
            )["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise typed(error) from None
        return StreamKey(
            access_key_id=given["AccessKeyId"],
            secret_access_key=given["SecretAccessKey"],
            session_token=given["SessionToken"],
            expires_at=given["Expiration"],
        )

    @property
    def _rekognition(self) -> "RekognitionClient":
        return _starters(settings.AWS_ENDPOINT_URL, settings.AWS_REGION)[0]

    @property
    def _tokens(self) -> "STSClient":
        return _starters(settings.AWS_ENDPOINT_URL, settings.AWS_REGION)[1]


@cache
def _starters(endpoint_url: str | None, region: str) -> "tuple[RekognitionClient, STSClient]":
    """The clients that begin a session, made once per process. These calls hold up a web process,
    not a worker, and somebody who could type a code instead."""
    config = Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return (
        boto3.client("rekognition", endpoint_url=endpoint_url, region_name=region, config=config),
        boto3.client("sts", endpoint_url=endpoint_url, region_name=region, config=config),
    )
