"""Who makes a request, once the view's permission has let it in."""

from rest_framework.request import Request

from clinic.accounts.models import Device, Session, User


def user_of(request: Request) -> User:
    """Raises TypeError where the view's permission lets others than users in."""
    if not isinstance(request.user, User):
        raise TypeError("the view's permission lets others than users in")
    return request.user


def session_of(request: Request) -> Session:
    """Raises TypeError where the view's permission lets requests without a session in."""
    if not isinstance(request.auth, Session):
        raise TypeError("the view's permission lets requests without a session in")
    return request.auth


def device_of(request: Request) -> Device:
    """Raises TypeError where the view's permission lets others than devices in."""
    if not isinstance(request.auth, Device):
        raise TypeError("the view's permission lets others than devices in")
    return request.auth
