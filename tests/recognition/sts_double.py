"""A strict local stand-in for the part of AWS STS that lends a role: it takes what the service's
published model allows, gives keys, and knows afterwards what each of them may do."""

import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import Shape, StructureShape

MODEL = botocore.session.get_session().get_service_model("sts")
ASSUME = MODEL.operation_model("AssumeRole")
NAMESPACE = MODEL.metadata["xmlNamespace"]
# The operation's own errors and those that all of the service's operations share.
STATUS = {
    **{
        shape.error_code: shape.metadata["error"]["httpStatusCode"]
        for shape in ASSUME.error_shapes
        if isinstance(shape, StructureShape)
    },
    "AccessDenied": 403,
    "InvalidClientTokenId": 403,
    "ValidationError": 400,
    "Throttling": 400,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
}


class RefusedError(Exception):
    """One of the documented errors."""

    def __init__(self, code: str) -> None:
        if code not in STATUS:
            raise ValueError(f"the service has no error {code}")
        super().__init__(code)
        self.code = code


@dataclass
class Key:
    """One that was given: whose role, by which policy, until when."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    role: str
    actions: set[str]
    expires_at: float

    def may(self, action: str) -> bool:
        return action in self.actions and time.time() < self.expires_at


@dataclass
class Sts:
    """`roles` may be lent. `faults` are met by the next requests, as those of Rekognition."""

    roles: set[str]
    check: Callable[[Any, Shape | None, str], None]
    faults: deque[str] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)

    def answer(self, form: bytes, fault: str) -> tuple[int, str]:
        """Status and XML for one request."""
        try:
            if fault:
                raise RefusedError(fault)
            return 200, self._assume_role(dict(parse_qsl(form.decode(), strict_parsing=True)))
        except RefusedError as error:
            body = f"<Error><Type>Sender</Type><Code>{error.code}</Code><Message/></Error>"
            return STATUS[error.code], f'<ErrorResponse xmlns="{NAMESPACE}">{body}</ErrorResponse>'

    def _assume_role(self, sent: dict[str, Any]) -> str:
        if (sent.pop("Action", ""), sent.pop("Version", "")) != ("AssumeRole", MODEL.api_version):
            raise RefusedError("AccessDenied")
        body: dict[str, Any] = {**sent, "DurationSeconds": int(sent.get("DurationSeconds", 3600))}
        try:
            self.check(body, ASSUME.input_shape, "AssumeRole")
        except Exception as error:
            raise RefusedError("ValidationError") from error
        self.asked.append(body)
        if body["RoleArn"] not in self.roles:
            raise RefusedError("AccessDenied")
        key = Key(
            access_key_id=f"ASIA{secrets.token_hex(8).upper()}",
            secret_access_key=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(120),
            role=body["RoleArn"],
            actions=_allowed(body["Policy"]),
            expires_at=time.time() + body["DurationSeconds"],
        )
        self.keys[key.access_key_id] = key
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(key.expires_at))
        return (
            f'<AssumeRoleResponse xmlns="{NAMESPACE}"><AssumeRoleResult><Credentials>'
            f"<AccessKeyId>{key.access_key_id}</AccessKeyId>"
            f"<SecretAccessKey>{escape(key.secret_access_key)}</SecretAccessKey>"
            f"<SessionToken>{escape(key.session_token)}</SessionToken>"
            f"<Expiration>{until}</Expiration></Credentials></AssumeRoleResult>"
            f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
            "</AssumeRoleResponse>"
        )


def _allowed(policy: str) -> set[str]:
    """What a session policy leaves of the role's rights."""
    try:
        document = json.loads(policy)
        if document["Version"] != "2012-10-17":
            raise KeyError("Version")
        return {
            one["Action"]
            for one in document["Statement"]
            if (one["Effect"], one["Resource"]) == ("Allow", "*")
        }
    except (ValueError, KeyError) as error:
        raise RefusedError("MalformedPolicyDocument") from error
