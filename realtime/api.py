from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking.screens import board
from clinic.accounts.choices import ROOM_MAX_LENGTH, TICKET_MAX_LENGTH
from clinic.accounts.permissions import IsDisplay, IsStaff
from clinic.core.api import answers, text_of, unless_held
from realtime import asyncapi
from realtime.announcements import clips
from realtime.announcements.engines import SpeechOff


class BoardView(APIView):
    permission_classes = [IsStaff | IsDisplay]

    @extend_schema(
        operation_id="board",
        summary="The waiting room's board",
        description="The body of the board frame, for a display whose socket is down.",
        parameters=[
            OpenApiParameter(
                "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag held already"
            )
        ],
        responses=answers(
            {
                200: board.Board,
                304: OpenApiResponse(description="Nothing but the clock has changed"),
            },
            401,
            403,
        ),
    )
    def get(self, request: Request) -> Response | HttpResponse:
        """The board, or 304 where only the time of day differs from what the client holds."""
        response = unless_held(request, board.body())
        response["Cache-Control"] = "private, no-cache"
        return response


class AnnouncementView(APIView):
    permission_classes = [IsStaff | IsDisplay]

    @extend_schema(
        operation_id="announcement",
        summary="A call, spoken",
        description="Ticket and room in European Portuguese, never a name. 204: the clinic has no "
        "voice of its own, so the screen uses its browser's.",
        parameters=[
            OpenApiParameter("ticket", text_of(TICKET_MAX_LENGTH), OpenApiParameter.PATH),
            OpenApiParameter("room", text_of(ROOM_MAX_LENGTH), OpenApiParameter.PATH),
        ],
        responses=answers(
            {
                (200, "audio/wav"): OpenApiTypes.BINARY,
                204: OpenApiResponse(description="No voice is set up"),
            },
            401,
            403,
            404,
            429,
            503,
        ),
    )
    def get(self, request: Request, ticket: str, room: str) -> HttpResponse:
        try:
            made = clips.clip(ticket, room)
        except SpeechOff:
            return HttpResponse(status=204)
        response = HttpResponse(made, content_type="audio/wav")
        response["Cache-Control"] = "private, max-age=86400"
        return response


@require_safe
def asyncapi_document(_request: HttpRequest) -> JsonResponse:
    """The websocket protocol, for anyone."""
    return JsonResponse(asyncapi.document())
