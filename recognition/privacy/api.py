from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.accounts.permissions import IsManager
from clinic.accounts.principals import actor_of
from clinic.core.api import answers, validated
from recognition.privacy import looks, selectors, serializers
from recognition.services import rules


class PrivacyView(APIView):
    """For the data-protection officer, by the manager."""

    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_privacy",
        tags=["staff"],
        responses=answers({200: serializers.PrivacyReport}, 401, 403),
        summary="What is kept about faces, where, how long, and how check-ins ended",
        description="For the data-protection officer: read from the settings and the records "
        "themselves.",
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.PrivacyReport(selectors.report()).data)


class SpentTriesView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_spent_tries",
        tags=["staff"],
        responses=answers({200: serializers.SpentTries(many=True)}, 401, 403),
        summary="Whose second factors were used up, and which kiosk tried many wrong codes",
        description="Of the last 90 days, newest first, at most a hundred. Reading the list is "
        "audited.",
    )
    def get(self, request: Request) -> Response:
        spent: Any = looks.read_spent_tries(actor=actor_of(request.user))
        return Response(serializers.SpentTries(spent, many=True).data)


class RulesView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_check_in_rules",
        tags=["staff"],
        responses=answers({200: serializers.CheckInRules}, 401, 403),
        summary="Whether a check-in by face always asks for a second factor",
        description="The rule that the manager chose, for the staff app's privacy page.",
    )
    def get(self, _request: Request) -> Response:
        return Response(serializers.CheckInRules(rules.rules()).data)

    @extend_schema(
        operation_id="staff_check_in_rules_change",
        tags=["staff"],
        request=serializers.CheckInRules,
        responses=answers({200: serializers.CheckInRules}, 400, 401, 403),
        summary="Choose it, from the next answer on",
        description="It applies from the next answer on, at every kiosk, and is audited.",
    )
    def put(self, request: Request) -> Response:
        chosen = validated(serializers.CheckInRules(data=request.data))
        changed = rules.change(**chosen, actor=actor_of(request.user))
        return Response(serializers.CheckInRules(changed).data)
