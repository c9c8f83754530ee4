from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts import cookies, serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.permissions import IsUser
from clinic.accounts.requests import session_of, user_of
from clinic.core.api import answers, validated


class MeView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_me",
        tags=["accounts"],
        responses=answers({200: serializers.Me}, 401, 403),
        summary="Who I am",
        description="The account to which the session's cookies belong, whatever its role.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.Me(user_of(request)).data)

    @extend_schema(
        operation_id="auth_me_update",
        tags=["accounts"],
        request=serializers.ProfileChange,
        responses=answers({200: serializers.Me}, 400, 401, 403),
        summary="Change my own data",
        description="Any other field is refused with code `read_only`, and nothing is changed.",
    )
    def patch(self, request: Request) -> Response:
        changes = validated(serializers.ProfileChange(data=request.data))
        return Response(serializers.Me(services.update_profile(user_of(request), changes)).data)


class PasswordView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="auth_password",
        tags=["accounts"],
        request=serializers.PasswordChange,
        responses=answers({204: None}, 400, 401, 403, 429),
        summary="Change my password and end my other sessions",
        description="Needs the current password. This session stays; all others end, and their "
        "sockets close.",
    )
    def post(self, request: Request) -> Response:
        user = user_of(request)
        services.change_password(
            user,
            session_of(request),
            **validated(serializers.PasswordChange(data=request.data, context={"user": user})),
            address=client_address(request._request),
            device=cookies.known_device(request._request),
        )
        return Response(status=204)
