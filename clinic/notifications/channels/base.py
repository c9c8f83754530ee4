"""What a channel is, and what its transport gets.

A channel says whom it reaches, what it can write and how much of it. Its transport, which the
settings name, hands one message to the service that carries it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from clinic.directory.models import Patient


@dataclass(frozen=True, slots=True)
class Words:
    """A message as it is read."""

    body: str
    subject: str = ""
    html: str = ""


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
    """A class without arguments."""

    def send(self, message: Outgoing) -> str:
        """Hand the message over; gives the provider's id or raises `RejectedError`, or
        `UnansweredError` where it isn't known to have left."""


class Channel(ABC):
    """One way to reach a person. Adding one: docs/adding-a-message-channel.md."""

    name: ClassVar[str]
    """In the log, the settings and the name of its work: ``sms``."""

    label: ClassVar[str]
    """For staff: ``SMS``."""

    queue: ClassVar[str]
    """Of the settings' WORKERS: whoever takes it delivers."""

    needs: ClassVar[Mapping[str, frozenset[str]]]
    """The templates that it can write, each with the values it wants. What isn't here goes another
    way."""

    carries_files: ClassVar[bool] = False

    @abstractmethod
    def address_of(self, patient: "Patient") -> str:
        """Where this patient is reached; empty where they aren't."""

    @abstractmethod
    def refuse(self, address: str) -> None:
        """Raises `RejectedError` for what can't be an address of this channel."""

    @abstractmethod
    def write(self, template: str, language: str, context: Mapping[str, Any]) -> Words:
        """One of `needs` in words. Raises `KeyError` for a missing value."""

    def most_a_day(self) -> int | None:
        """How many messages one address gets in a day; None: as many as there are."""
        return None

    def send(self, message: Outgoing) -> str:
        """Give a message to the transport that the settings name, and what that says back.

        Nothing is asked of it for what can't be an address.
        """
        self.refuse(message.to)
        transport: Transport = import_string(settings.MESSAGE_TRANSPORTS[self.name])()
        return transport.send(message)

    def checks(self) -> list[CheckMessage]:
        """What would make its messages undeliverable, found at the start."""
        if self.name in settings.MESSAGE_TRANSPORTS:
            return []
        return [Error(f"MESSAGE_TRANSPORTS has none for {self.name}.", id="notifications.E003")]
