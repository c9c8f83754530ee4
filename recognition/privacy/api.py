from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts.permissions import IsManager
from clinic.accounts.principals import actor_of
from clinic.core.api import answers, validated
from recognition.privacy import selectors, serializers
from recognition.services import rules


class PrivacyView(APIView):
    """For the data-protection officer, by the manager."""

    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_privacy",
        tags=["staff"],
        responses=answers({200: serializers.PrivacyReport}, 401, 403),
        summary="What is kept about faces, where, how long, and how check-ins ended",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.PrivacyReport(selectors.report()).data)


class RulesView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_check_in_rules",
        tags=["staff"],
        responses=answers({200: serializers.CheckInRules}, 401, 403),
        summary="Whether a check-in by face always asks for a second factor",
    )
    def get(self, _request: Request) -> Response:
        return Response(serializers.CheckInRules(rules.rules()).data)

    @extend_schema(
        operation_id="staff_check_in_rules_change",
        tags=["staff"],
        request=serializers.CheckInRules,
        responses=answers({200: serializers.CheckInRules}, 400, 401, 403),
        summary="Choose it, from the next answer on",
    )
    def put(self, request: Request) -> Response:
        chosen = validated(serializers.CheckInRules(data=request.data))
        changed = rules.change(**chosen, actor=actor_of(request.user))
        return Response(serializers.CheckInRules(changed).data)
