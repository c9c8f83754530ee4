from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import cookies, serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.errors import Code
from clinic.accounts.permissions import CsrfProtected
from clinic.accounts.services import SignedIn
from clinic.core.api import answers, validated
from clinic.core.errors import DomainError

SIGNED_IN = OpenApiResponse(
    serializers.Me, description="The user; both tokens come as HttpOnly cookies"
)


def signed_in_answer(request: Request, signed_in: SignedIn, status: int) -> Response:
    """The user, with the cookies of the session and of a device that they have logged in on."""
    response = Response(serializers.Me(signed_in.user).data, status=status)
    cookies.set_session(response, signed_in.pair)
    known = services.with_account(cookies.known_device(request._request), signed_in.user)
    cookies.set_known(response, known)
    return response


class Anonymous(APIView):
    """Works on the cookies themselves, so nobody is authenticated; the CSRF check still applies."""

    authentication_classes = ()
    permission_classes = (CsrfProtected,)


class CsrfView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="auth_csrf",
        tags=["accounts"],
        auth=[],
        responses=answers({200: serializers.CsrfToken}),
        summary="The value of the X-CSRFToken header",
        description="Ask for it once, before the first unsafe request; the same answer sets the "
        "matching cookie.",
    )
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


class RegisterView(Anonymous):
    @extend_schema(
        operation_id="auth_register",
        tags=["accounts"],
        auth=[],
        request=serializers.Registration,
        responses=answers({201: SIGNED_IN}, 400, 403, 429),
        summary="Create a patient's account and log in",
        description="Sets the cookies of a session, as `auth/login` does. A username that is "
        "taken gives a 400.",
    )
    def post(self, request: Request) -> Response:
        signed_in = services.register(
            **validated(serializers.Registration(data=request.data)),
            address=client_address(request._request),
            user_agent=request.headers.get("User-Agent", ""),
        )
        return signed_in_answer(request, signed_in, 201)


class LoginView(Anonymous):
    @extend_schema(
        operation_id="auth_login",
        tags=["accounts"],
        auth=[],
        request=serializers.Credentials,
        responses=answers({200: SIGNED_IN}, 400, 401, 403, 429),
        summary="Log in",
        description="Sets two HttpOnly cookies, one that lasts minutes and one that renews it. "
        "A wrong name and a wrong password get the same 401.",
    )
    def post(self, request: Request) -> Response:
        signed_in = services.login(
            **validated(serializers.Credentials(data=request.data)),
            address=client_address(request._request),
            user_agent=request.headers.get("User-Agent", ""),
            device=cookies.known_device(request._request),
            replaces=cookies.access_token(request._request),
        )
        return signed_in_answer(request, signed_in, 200)


class _EndsCookies(Anonymous):
    """Clears the session's cookies when the session turns out to have ended."""

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, DomainError) and exc.code == Code.SESSION_ENDED:
            cookies.clear_session(response)
        return response


class RefreshView(_EndsCookies):
    @extend_schema(
        operation_id="auth_refresh",
        tags=["accounts"],
        request=None,
        responses=answers({200: SIGNED_IN}, 401, 403, 409),
        summary="Renew both tokens",
        description="Each refresh token works once. 409 `refreshed_elsewhere`: another tab has "
        "just renewed it, and the new cookies are already set, so repeat your "
        "original request.",
    )
    def post(self, request: Request) -> Response:
        plain = request._request
        renewed = services.refresh(cookies.refresh_token(plain), address=client_address(plain))
        return signed_in_answer(request, renewed, 200)


class LogoutView(_EndsCookies):
    @extend_schema(
        operation_id="auth_logout",
        tags=["accounts"],
        request=None,
        responses=answers({204: None}, 401, 403),
        summary="End the session and close its sockets",
        description="The session ends in every tab of this browser, and its cookies are cleared.",
    )
    def post(self, request: Request) -> Response:
        services.logout(
            raw_access=cookies.access_token(request._request),
            raw_refresh=cookies.refresh_token(request._request),
        )
        response = Response(status=204)
        cookies.clear_session(response)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response
