"""What a channel is, and what its transport gets.

A channel says whom it reaches, what it can write, and how much of it. Its transport, which the
settings name, hands one message at a time to the service that carries it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from clinic.core.checks import unloadable

if TYPE_CHECKING:
    from clinic.directory.models import Patient


@dataclass(frozen=True, slots=True)
class Words:
    """A message in words, as people read it."""

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
    """This message can't be delivered, no matter how often it is tried. `reason` is a stable
    code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Transport(Protocol):
    """A class that takes no arguments."""

    def send(self, message: Outgoing) -> str:
        """Hand the message over and return the provider's id. Raises `RejectedError`, or
        `UnansweredError` if it may not have left."""


class Channel(ABC):
    """One way to reach a person. How to add one: docs/adding-a-message-channel.md."""

    name: ClassVar[str]
    """As in the log, in the settings and in the name of its outbox task: ``sms``."""

    label: ClassVar[str]
    """For staff: ``SMS``."""

    queue: ClassVar[str]
    """One of the settings' WORKERS: those who take it deliver."""

    needs: ClassVar[Mapping[str, frozenset[str]]]
    """The templates that it can write, each with the values it needs. Others go by another
    channel."""

    carries_files: ClassVar[bool] = False

    @abstractmethod
    def address_of(self, patient: "Patient") -> str:
        """The patient's address on this channel; empty if there is none."""

    @abstractmethod
    def refuse(self, address: str) -> None:
        """Raise `RejectedError` if this can't be an address of this channel."""

    @abstractmethod
    def write(self, template: str, language: str, context: Mapping[str, Any]) -> Words:
        """One of `needs` in words. Raises `KeyError` for a missing value."""

    def most_a_day(self) -> int | None:
        """How many messages one address may get in a day; None: no limit."""
        return None

    def send(self, message: Outgoing) -> str:
        """Give a message to the transport that the settings name, and return its answer.

        The transport isn't called for something that can't be an address.
        """
        self.refuse(message.to)
        transport: Transport = import_string(settings.MESSAGE_TRANSPORTS[self.name])()
        return transport.send(message)

    def checks(self) -> list[CheckMessage]:
        """Settings that would make its messages undeliverable, found at start-up."""
        if self.name not in settings.MESSAGE_TRANSPORTS:
            return [Error(f"MESSAGE_TRANSPORTS has none for {self.name}.", id="notifications.E003")]
        path = settings.MESSAGE_TRANSPORTS[self.name]
        return unloadable(f"{self.name.upper()}_TRANSPORT", path, number="notifications.E004")
