"""The format of an answer."""

from collections.abc import Iterable
from typing import Any

from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class OwnFormFirst(DefaultContentNegotiation):
    """The format that the client asks for, if the view has it; else the view's first one.

    RFC 9110 leaves it to the server whether to refuse an Accept header that it can't meet. We
    don't: the media type of every answer is published, a PDF only exists as a PDF, and a problem
    has to reach a client even if it asked for something else.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> Any:
        offered = list(renderers)
        try:
            return super().select_renderer(request, offered, format_suffix)
        except exceptions.NotAcceptable:
            return offered[0], offered[0].media_type
