"""Where I am logged in."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import cookies, selectors, serializers, services
from clinic.accounts.permissions import IsUser
from clinic.accounts.requests import session_of, user_of
from clinic.core.api import answers


class SessionsView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_sessions",
        tags=["accounts"],
        responses=answers({200: serializers.OwnSession(many=True)}, 401, 403),
        summary="Where I am logged in, the session used last first",
        description="Only sessions that still count. `is_this` is the one that asks.",
    )
    def get(self, request: Request) -> Response:
        shown = serializers.OwnSession(
            selectors.live_sessions(user_of(request)),
            many=True,
            context={"session": session_of(request)},
        )
        return Response(shown.data)

    @extend_schema(
        operation_id="auth_sessions_end_others",
        tags=["accounts"],
        responses=answers({204: None}, 401, 403),
        summary="End all my other sessions",
        description="At once, with their sockets. The session that asks stays.",
    )
    def delete(self, request: Request) -> Response:
        services.end_other_sessions(user_of(request), session_of(request))
        return Response(status=204)


class SessionView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_session_end",
        tags=["accounts"],
        responses=answers({204: None}, 401, 403, 404),
        summary="End one of my sessions",
        description="At once, with its sockets. Ending the one that asks is a logout.",
    )
    def delete(self, request: Request, session_id: UUID) -> Response:
        services.end_own_session(user_of(request), session_id)
        response = Response(status=204)
        if session_id == session_of(request).pk:
            cookies.clear_session(response)
        return response
