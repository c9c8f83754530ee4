"""Stuck work, for the manager, from all apps."""

from typing import Any
from uuid import UUID

from django.utils import translation
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import tasks as _billing  # noqa: F401  (registers what its work is called)
from clinic.accounts.permissions import IsManager
from clinic.accounts.principals import actor_of
from clinic.core import audit, stuck
from clinic.core.api import answers
from clinic.core.models import OutboxMessage
from clinic.notifications import tasks as _messages  # noqa: F401  (so does this)
from recognition import tasks as _faces  # noqa: F401  (and this)


class SubjectBody(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="The patient's, else an address or a provider")
    document = serializers.CharField(help_text="Its number, or the heading of a message")
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    visit_at = serializers.DateTimeField(allow_null=True)


class StuckWork(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    what = serializers.CharField(help_text="What has to be done, in the language asked for")
    subject = SubjectBody(help_text="What it is about; empty if that can't be said")
    since = serializers.DateTimeField(help_text="When it was first to be done")
    code = serializers.CharField(help_text="The cause")
    why = serializers.CharField(help_text="The cause, in the language asked for")
    is_set_aside = serializers.BooleanField(help_text="It isn't retried automatically any more")
    is_to_tell = serializers.BooleanField(
        help_text=(
            "A message that somebody at the clinic has to tell in another way, and then say so"
        )
    )
    failures = serializers.IntegerField()
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="The next try; null for work that is set aside"
    )


class StuckWorkView(ListAPIView[OutboxMessage]):
    permission_classes = (IsManager,)
    serializer_class = StuckWork
    queryset = OutboxMessage.objects.none()

    @extend_schema(
        operation_id="staff_work",
        tags=["staff"],
        responses=answers({200: StuckWork(many=True)}, 401, 403, 404),
        summary="Work that should be done and isn't, the oldest first",
        description="Work that is set aside, keeps failing, or is overdue by five minutes.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        language = translation.get_language() or "pt"
        halted: Any = [
            stuck.told(message, language) for message in self.paginate_queryset(stuck.found()) or []
        ]
        patients = [each.subject.patient_id for each in halted if each.subject.patient_id]
        audit.record_reads("work.read", actor=actor_of(request.user), patient_ids=patients)
        return self.get_paginated_response(StuckWork(halted, many=True).data)


class TryAgainView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_work_try_again",
        tags=["staff"],
        request=None,
        responses=answers({204: None}, 401, 403, 404),
        summary="Try it now; no effect if it is done, due or being worked on",
        description="It is due at once; the list shows how it ends.",
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        stuck.try_again(message_id, actor=actor_of(request.user))
        return Response(status=204)


class ToldView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_work_told",
        tags=["staff"],
        request=None,
        responses=answers({204: None}, 401, 403, 404, 409),
        summary="Say that the person was told in another way; no effect if it is done",
        description="For messages that no longer have to go out. The work counts as done, and the "
        "log says who said so.",
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        stuck.told_otherwise(message_id, actor=actor_of(request.user))
        return Response(status=204)
