"""Getting back in. The answer to who asks says nothing about whether there is such an account."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.accounts import serializers, services
from clinic.accounts.addresses import client_address
from clinic.accounts.api.signing_in import SIGNED_IN, Anonymous, signed_in_answer
from clinic.core.api import answers, validated


class ForgottenPasswordView(Anonymous):
    @extend_schema(
        operation_id="auth_password_forgot",
        tags=["accounts"],
        auth=[],
        request=serializers.Login,
        responses=answers({202: serializers.OnItsWay}, 400, 403, 429),
        summary="Ask for a link to choose another password",
        description="It goes to the verified phone or e-mail address of the account, counts for 30 "
        "minutes, and works once. The answer is the same whether there is an account or not. 429 "
        "depends on where the requests come from, not on whom they are for.",
    )
    def post(self, request: Request) -> Response:
        form = validated(serializers.Login(data=request.data))
        services.forgot_password(**form, address=client_address(request._request))
        return Response(serializers.OnItsWay({"minutes": 30}).data, status=202)


class PasswordLinkView(Anonymous):
    @extend_schema(
        operation_id="auth_password_link",
        tags=["accounts"],
        auth=[],
        request=serializers.LinkToken,
        responses=answers({200: serializers.LinkOwner}, 400, 403, 410),
        summary="Whose password a link is for",
        description="Changes nothing. 410 `link_used` once it is used or over.",
    )
    def post(self, request: Request) -> Response:
        form = validated(serializers.LinkToken(data=request.data))
        return Response(serializers.LinkOwner(services.of_link(**form)).data)


class PasswordResetView(Anonymous):
    @extend_schema(
        operation_id="auth_password_reset",
        tags=["accounts"],
        auth=[],
        request=serializers.PasswordReset,
        responses=answers({204: None}, 400, 403, 410),
        summary="Choose another password, with the link",
        description="Ends every session of the account. 410 `link_used` once the link is used or "
        "over.",
    )
    def post(self, request: Request) -> Response:
        services.reset_password(**validated(serializers.PasswordReset(data=request.data)))
        return Response(status=204)


class SignInCodeView(Anonymous):
    @extend_schema(
        operation_id="auth_login_code",
        tags=["accounts"],
        auth=[],
        request=serializers.Login,
        responses=answers({202: serializers.OnItsWay}, 400, 403, 429),
        summary="Ask for six digits to log in without the password",
        description="For patients. They go to the verified phone and count for ten minutes. The "
        "answer is the same whether there is an account or not.",
    )
    def post(self, request: Request) -> Response:
        form = validated(serializers.Login(data=request.data))
        services.ask_sign_in_code(**form, address=client_address(request._request))
        return Response(serializers.OnItsWay({"minutes": 10}).data, status=202)


class SignInWithCodeView(Anonymous):
    @extend_schema(
        operation_id="auth_login_with_code",
        tags=["accounts"],
        auth=[],
        request=serializers.SignInCode,
        responses=answers({200: SIGNED_IN}, 400, 401, 403, 429),
        summary="Log in with the six digits",
        description="400 `code_wrong`, also for an unknown login or digits that are over.",
    )
    def post(self, request: Request) -> Response:
        signed_in = services.sign_in_with_code(
            **validated(serializers.SignInCode(data=request.data)),
            address=client_address(request._request),
            user_agent=request.headers.get("User-Agent", ""),
        )
        return signed_in_answer(request, signed_in, 200)
