"""What the clients of tests get back from the clinic."""

from http.cookies import SimpleCookie
from typing import Any, Protocol

from django.http.response import ResponseHeaders


class Answer(Protocol):
    """An HTTP answer, as far as tests look at it."""

    status_code: int
    cookies: SimpleCookie
    headers: ResponseHeaders

    @property
    def content(self) -> bytes: ...

    def __getitem__(self, header: str, /) -> str: ...

    def json(self) -> Any:
        """What the body says; the assertion beside it is what knows its shape."""
