from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking import calendar_file, links, selectors, serializers, waits
from booking.errors import Code as BookingCode
from booking.models import Appointment
from booking.screens import day
from booking.screens import visit as visits
from booking.services import changes, desk, holds, looks, visit
from clinic.accounts.addresses import client_address
from clinic.accounts.permissions import IsManager, IsPatient, IsReception, IsStaff
from clinic.accounts.principals import actor_of
from clinic.accounts.requests import user_of
from clinic.core import clock, ratelimit
from clinic.core.api import answers, idempotency_key, once, text_of, unless_held, validated
from clinic.core.audit import Actor
from clinic.core.errors import Code, DomainError
from clinic.core.idempotency import Answer
from clinic.directory import selectors as directory

WRONG_LINKS = 30
WRONG_LINKS_SECONDS = 600
Press = Callable[..., Appointment]
CALENDAR_FILE = {(200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR, description="iCalendar")}
BUSY_ANSWERS = answers(
    {200: day.StaffAnswer}, 400, 401, 403, 404, own={409: serializers.BusyProblem}
)


class SlotsView(APIView):
    authentication_classes: Any = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="slots",
        summary="Free times",
        parameters=[serializers.SlotQuery],
        responses=answers({200: serializers.SlotOut(many=True)}, 400),
        tags=["booking"],
    )
    def get(self, request: Request) -> Response:
        """Free start times of a specialty, of all who offer it or of one practitioner.

        From now and for 14 days unless `from` and `to` say otherwise, at most 62 days.
        """
        query = validated(serializers.SlotQuery(data=request.query_params))
        found = selectors.slots(
            query["specialty"], query.get("practitioner"), query["from"], query.get("to")
        )
        return Response(
            [
                {
                    "start": slot.start.isoformat(),
                    "end": slot.end.isoformat(),
                    "practitioner": {
                        "id": str(slot.practitioner_id),
                        "name": slot.practitioner_name,
                    },
                }
                for slot in found
            ]
        )


class AppointmentsView(ListAPIView[Appointment]):
    permission_classes = (IsPatient,)
    serializer_class = serializers.AppointmentOut

    def get_queryset(self) -> Any:
        query = validated(serializers.AppointmentQuery(data=self.request.query_params))
        return selectors.appointments_of(
            user_of(self.request).pk,
            statuses=query.get("status", ()),
            start=query.get("from"),
            end=query.get("to"),
        )

    @extend_schema(
        operation_id="appointments",
        summary="My appointments",
        parameters=[serializers.AppointmentQuery],
        responses=answers({200: serializers.AppointmentOut(many=True)}, 400, 401, 403, 404),
        tags=["booking"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The patient's own appointments, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="appointments_create",
        summary="Book",
        parameters=[idempotency_key(required=False)],
        request=serializers.HoldIn,
        responses=answers({201: serializers.AppointmentOut}, 400, 401, 403, 409, 422),
        tags=["booking"],
    )
    def post(self, request: Request) -> Response:
        """Hold a slot until it is paid for. Without a practitioner, the one with the fewest
        appointments treats."""
        data = validated(serializers.HoldIn(data=request.data))
        user = user_of(request)

        def respond() -> Answer:
            held = holds.hold(
                patient=user,
                specialty_code=data["specialty"],
                practitioner_id=data["practitioner"],
                start=data["start"],
                actor=actor_of(user),
            )
            whole = selectors.get_appointment(held.pk)
            return 201, dict(serializers.AppointmentOut(whole).data)

        return once(request, f"appointments:{user.pk}", data, respond, required=False)


class AppointmentView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="appointments_get",
        summary="One of my appointments",
        responses=answers({200: serializers.AppointmentOut}, 401, 403, 404),
        tags=["booking"],
        description="Its status, its price and, while it is held, how long the hold lasts and "
        "where to pay. Somebody else's gives a 404.",
    )
    def get(self, request: Request, appointment_id: UUID) -> Response:
        found = selectors.appointment_of(user_of(request).pk, appointment_id)
        return Response(serializers.AppointmentOut(found).data)

    @extend_schema(
        operation_id="appointments_choose_label",
        summary="How I am named at this visit",
        request=serializers.LabelIn,
        responses=answers({200: serializers.AppointmentOut}, 400, 401, 403, 404, 409),
        tags=["booking"],
    )
    def patch(self, request: Request, appointment_id: UUID) -> Response:
        """Ticket, short or full name on shared screens; empty for the account's own choice."""
        selectors.appointment_of(user_of(request).pk, appointment_id)
        data = validated(serializers.LabelIn(data=request.data))
        changes.choose_label(
            appointment_id, choice=data["label_choice"], actor=actor_of(request.user)
        )
        return _mine(request, appointment_id)


class CancelView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="appointments_cancel",
        summary="Cancel my appointment",
        request=None,
        responses=answers({200: serializers.AppointmentOut}, 401, 403, 404, 409),
        tags=["booking"],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Call it off. The money goes back if it is early enough for the clinic's policy."""
        selectors.appointment_of(user_of(request).pk, appointment_id)
        changes.cancel(appointment_id, actor=actor_of(request.user))
        return _mine(request, appointment_id)


class RescheduleView(APIView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="appointments_reschedule",
        summary="Move my appointment",
        request=serializers.RescheduleIn,
        responses=answers({200: serializers.AppointmentOut}, 400, 401, 403, 404, 409),
        tags=["booking"],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Move it to another slot of the same specialty; what was paid stays paid."""
        selectors.appointment_of(user_of(request).pk, appointment_id)
        data = validated(serializers.RescheduleIn(data=request.data))
        changes.reschedule(
            appointment_id,
            start=data["start"],
            practitioner_id=data["practitioner"],
            actor=actor_of(request.user),
        )
        return _mine(request, appointment_id)


class CalendarRenderer(JSONRenderer):
    """Lets a client ask for text/calendar; problems at that address are still JSON."""

    media_type = "text/calendar"
    format = "ics"


class _CalendarView(APIView):
    renderer_classes = (CalendarRenderer, JSONRenderer)

    def file_of(self, appointment: Appointment) -> HttpResponse:
        return HttpResponse(
            calendar_file.render(appointment, get_language() or "pt"),
            content_type="text/calendar; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
        )


class CalendarView(_CalendarView):
    permission_classes = (IsPatient,)

    @extend_schema(
        operation_id="appointments_calendar",
        summary="My appointment as a calendar file",
        responses=answers(CALENDAR_FILE, 401, 403, 404, 503),
        tags=["booking"],
        description="One event in iCalendar. Its UID stays the same when the visit moves, so a "
        "calendar updates its entry.",
    )
    def get(self, request: Request, appointment_id: UUID) -> HttpResponse:
        return self.file_of(selectors.appointment_of(user_of(request).pk, appointment_id))


class CalendarByLinkView(_CalendarView):
    """For whoever has the payment link; cookies don't change the answer."""

    authentication_classes: Any = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="checkout_calendar",
        summary="What is paid here as a calendar file",
        auth=[],
        parameters=[
            OpenApiParameter(
                "token",
                text_of(links.TOKEN_LENGTH),
                OpenApiParameter.PATH,
                description="from the payment link",
            )
        ],
        responses=answers(CALENDAR_FILE, 404, 503),
        tags=["checkout"],
    )
    def get(self, _request: Request, token: str) -> HttpResponse:
        """The same file as the patient's own, so that a calendar holds the visit once."""
        appointment_id = links.appointment_id_from(token)
        if appointment_id is None:
            raise DomainError(BookingCode.LINK_INVALID)
        return self.file_of(selectors.get_appointment(appointment_id))


class VisitByLinkView(APIView):
    """Open to whoever has the link in a confirmation; cookies don't change the answer.

    The page polls instead of listening: a websocket's address would carry the token into the log of
    everything on its way. It asks every five seconds while the visit goes on, which mostly gives a
    304 without a body, and once a minute before that day.
    """

    authentication_classes: Any = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="visit_by_link",
        summary="Follow one visit",
        auth=[],
        parameters=[
            OpenApiParameter(
                "token",
                text_of(links.VISIT_TOKEN_LENGTH),
                OpenApiParameter.PATH,
                description="from the confirmation's link",
            ),
            OpenApiParameter(
                "If-None-Match",
                str,
                OpenApiParameter.HEADER,
                description=("The ETag that the client already has"),
            ),
        ],
        responses=answers(
            {
                200: visits.LinkedVisit,
                304: OpenApiResponse(description="Nothing but the clock has changed"),
            },
            404,
            410,
            429,
        ),
        tags=["visits"],
    )
    def get(self, request: Request, token: str) -> Response | HttpResponse:
        """One visit until its day is over, or 304 if only the time differs from what the client
        has."""
        appointment_id = links.visit_id_from(token)
        if appointment_id is None:
            # Only wrong ones count: a clinic's whole waiting room may share one address.
            ratelimit.hit(
                "visit_link",
                client_address(request._request),
                limit=WRONG_LINKS,
                seconds=WRONG_LINKS_SECONDS,
            )
            raise DomainError(BookingCode.LINK_INVALID)
        return unless_held(request, visits.linked_body(appointment_id))

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        for name, value in links.VISIT_HEADERS.items():
            response[name] = value
        return response


class StaffDayView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="staff_day",
        summary="The day by practitioner",
        parameters=[serializers.DayQuery],
        responses=answers({200: day.StaffDay}, 400, 401, 403),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """The body of the day frame, for today or another date, of all or of one practitioner."""
        query = validated(serializers.DayQuery(data=request.query_params))
        body = day.body(query.get("date", clock.today()), query.get("practitioner"))
        looks.was_shown(day.patients_of(body), actor=actor_of(request.user))
        return Response(body)


class WaitReportView(APIView):
    permission_classes = (IsManager,)

    @extend_schema(
        operation_id="staff_wait_report",
        summary="How accurate the waits were",
        parameters=[serializers.ReportQuery],
        responses=answers({200: serializers.WaitReport}, 400, 401, 403),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """What patients were told at their arrival, compared with how long they waited, day by
        day."""
        days = validated(serializers.ReportQuery(data=request.query_params))["days"]
        today = clock.today()
        quoted = selectors.quoted_waits(today - timedelta(days=days - 1), today)
        total = waits.accuracy(quoted)
        return Response(
            {
                "total": total and total.as_dict(),
                "days": [
                    {"date": on.isoformat(), **accuracy.as_dict()}
                    for on, accuracy in waits.by_day(quoted).items()
                ],
            }
        )


class StaffAppointmentsView(APIView):
    permission_classes = (IsReception,)

    @extend_schema(
        operation_id="staff_appointments_create",
        summary="Book at the desk, or take a walk-in",
        parameters=[idempotency_key(required=False)],
        request=serializers.DeskIn,
        responses=answers({201: day.StaffAnswer}, 400, 401, 403, 409, 422),
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """For a known patient or a new one. Without a start time it is a walk-in, who has arrived
        now."""
        data = validated(serializers.DeskIn(data=request.data))
        user = user_of(request)

        def respond() -> Answer:
            made = desk.make_appointment(
                patient=data["patient"] or data["new_patient"],
                specialty_code=data["specialty"],
                practitioner_id=data["practitioner"],
                start=data["start"],
                actor=actor_of(user),
            )
            return 201, day.answer(made.pk)

        return once(request, f"staff-appointments:{user.pk}", data, respond, required=False)


class StaffAppointmentView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="staff_write_note",
        summary="Leave the team a note about the visit",
        request=serializers.NoteIn,
        responses=answers({200: day.StaffAnswer}, 400, 401, 403, 404, 409),
        tags=["staff"],
    )
    def patch(self, request: Request, appointment_id: UUID) -> Response:
        """Plain text of at most 500 characters, for staff only; an empty text removes it. With
        `was` it is refused with `note_changed` if a colleague has changed the note since."""
        data = validated(serializers.NoteIn(data=request.data))
        visit.write_note(appointment_id, **data, actor=actor_of(request.user))
        return Response(day.answer(appointment_id))


class PressView(APIView):
    """One button on an appointment. Staff stand in for each other; the audit log says who."""

    permission_classes = (IsStaff,)
    press: Press

    def post(self, request: Request, appointment_id: UUID) -> Response:
        type(self).press(appointment_id, actor=actor_of(request.user))
        return Response(day.answer(appointment_id))


class MoveRoomView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="staff_move_room",
        summary="Give the visit another room",
        request=serializers.MoveRoomIn,
        responses=BUSY_ANSWERS,
        tags=["staff"],
        description="409 if the room is taken at that time. The screens follow.",
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        data = validated(serializers.MoveRoomIn(data=request.data))
        visit.move_room(
            appointment_id,
            room_id=data["room"],
            override=data["override"],
            actor=actor_of(request.user),
        )
        return Response(day.answer(appointment_id))


class CallNextView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="staff_call_next",
        summary="Call the next patient",
        request=serializers.OverrideIn,
        responses=BUSY_ANSWERS,
        tags=["staff"],
    )
    def post(self, request: Request, practitioner_id: UUID) -> Response:
        """The practitioner's arrived patient with the earliest appointment. Every request calls one
        more; to repeat a call safely, use `call` on the appointment."""
        if not directory.is_practitioner(practitioner_id):
            raise DomainError(Code.NOT_FOUND)
        data = validated(serializers.OverrideIn(data=request.data))
        called = visit.call_next(practitioner_id, **data, actor=actor_of(request.user))
        return Response(day.answer(called.pk))


def _button(name: str, summary: str, press: Press) -> type[PressView]:
    """The view of one transition."""

    class Button(PressView):
        @extend_schema(
            operation_id=f"staff_{name}",
            summary=summary,
            request=None,
            responses=answers({200: day.StaffAnswer}, 401, 403, 404, 409),
            tags=["staff"],
        )
        def post(self, request: Request, appointment_id: UUID) -> Response:
            """Pressed a second time it changes nothing."""
            return super().post(request, appointment_id)

    Button.press = staticmethod(press)
    Button.__name__ = f"{name.title().replace('_', '')}View"
    return Button


def _entry(name: str, summary: str, press: Press) -> type[APIView]:
    """The view of a transition that another treatment may prevent."""

    class Entry(APIView):
        permission_classes = (IsStaff,)

        @extend_schema(
            operation_id=f"staff_{name}",
            summary=summary,
            request=serializers.OverrideIn,
            responses=BUSY_ANSWERS,
            tags=["staff"],
        )
        def post(self, request: Request, appointment_id: UUID) -> Response:
            """Pressed a second time it changes nothing. 409 `busy` says which treatment is in the
            way; with `override` that one ends."""
            data = validated(serializers.OverrideIn(data=request.data))
            press(appointment_id, **data, actor=actor_of(request.user))
            return Response(day.answer(appointment_id))

    Entry.__name__ = f"{name.title()}View"
    return Entry


def _cancel_by_clinic(appointment_id: UUID, *, actor: Actor) -> Appointment:
    return changes.cancel(appointment_id, actor=actor, by_clinic=True)


BUTTONS: Mapping[str, type[APIView]] = {
    "arrive": _button("arrive", "The patient is here", visit.arrive),
    "call": _entry("call", "Ask the patient in", visit.call),
    "start": _entry("start", "The treatment begins", visit.start),
    "finish": _button("finish", "The treatment is over", visit.finish),
    "no-show": _button("no_show", "The patient didn't come", visit.no_show),
    "put-back": _button("put_back", "A called patient waits again", visit.put_back),
    "cancel": _button("cancel", "Call it off for the clinic", _cancel_by_clinic),
}


class CallAgainView(PressView):
    press = staticmethod(visit.call_again)

    @extend_schema(
        operation_id="staff_call_again",
        summary="Call a called patient once more",
        request=None,
        responses=answers({200: day.StaffAnswer}, 401, 403, 404, 409),
        tags=["staff"],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The call number rises with every press, so that the screens repeat the call."""
        return super().post(request, appointment_id)


class UndoView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="staff_undo",
        summary="Take back a mis-press",
        request=serializers.UndoIn,
        responses=answers({200: day.StaffAnswer}, 400, 401, 403, 404, 409),
        tags=["staff"],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The newest arrival, call, start, end or no-show, by anybody, within a minute; with
        `undo_until` only the press that came with that value. A ticket that was given and a call
        that was heard stay counted."""
        seen = validated(serializers.UndoIn(data=request.data))["undo_until"]
        visit.undo(appointment_id, actor=actor_of(request.user), seen=seen)
        return Response(day.answer(appointment_id))


def _mine(request: Request, appointment_id: UUID) -> Response:
    found = selectors.appointment_of(user_of(request).pk, appointment_id)
    return Response(serializers.AppointmentOut(found).data)
