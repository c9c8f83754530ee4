from datetime import timedelta
from typing import Any

from rest_framework import serializers

from booking import links
from booking.choices import AppointmentStatus
from booking.fields import BoundField, InstantField, as_day
from booking.models import Appointment
from booking.screens.parts import PersonRef, TimedSpecialtyRef
from booking.services import changes
from clinic.accounts.choices import LabelChoice, Language
from clinic.accounts.fields import FullNameField, MobileField
from clinic.core import clock
from clinic.core.fields import Day, Note
from clinic.core.problems import ProblemDetails

MAX_DAYS = 62
CHANGE_OF_CLOCK = timedelta(hours=1)
CODE_SHOWN = frozenset(
    {
        AppointmentStatus.BOOKED,
        AppointmentStatus.ARRIVED,
        AppointmentStatus.CALLED,
        AppointmentStatus.IN_PROGRESS,
    }
)


class TimeRange(serializers.Serializer[Any]):
    """`from` and `to`: instants with an offset, or dates; a date as `to` includes its day."""

    def get_fields(self) -> dict[str, Any]:
        return {
            **super().get_fields(),
            "from": BoundField(required=False),
            "to": BoundField(required=False, closing=True),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs.get("from"), attrs.get("to")
        if start is not None and end is not None and end <= start:
            raise serializers.ValidationError(
                {"to": [serializers.ErrorDetail("The end must be after the start.", "backwards")]}
            )
        return attrs


class SlotQuery(TimeRange):
    specialty = serializers.SlugField(max_length=40)
    practitioner = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("from", clock.now())
        attrs = super().validate(attrs)
        if "to" in attrs:
            whole_days = as_day(self.initial_data.get("to")) is not None
            limit = timedelta(days=MAX_DAYS + whole_days) + CHANGE_OF_CLOCK
            if attrs["to"] - attrs["from"] > limit:
                message = f"Ask for at most {MAX_DAYS} days at a time."
                raise serializers.ValidationError(
                    {"to": [serializers.ErrorDetail(message, "range_too_long")]}
                )
        return attrs


class AppointmentQuery(TimeRange):
    status = serializers.CharField(
        required=False, max_length=200, help_text="One status, or several separated by commas"
    )

    def validate_status(self, value: str) -> list[str]:
        statuses = [status.strip() for status in value.split(",") if status.strip()]
        if unknown := set(statuses) - set(AppointmentStatus.values):
            raise serializers.ValidationError(
                f"Unknown: {', '.join(sorted(unknown))}.", code="invalid_choice"
            )
        return statuses


class DayQuery(serializers.Serializer[Any]):
    date = Day(required=False)
    practitioner = serializers.UUIDField(required=False)


class SlotOut(serializers.Serializer[Any]):
    start = InstantField()
    end = InstantField()
    practitioner = PersonRef()


class AppointmentOut(serializers.Serializer[Appointment]):
    """An appointment as its patient sees it."""

    id = serializers.UUIDField()
    specialty = TimedSpecialtyRef()
    practitioner = PersonRef()
    room = serializers.CharField(source="room.name")
    start = InstantField()
    end = InstantField()
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    price = serializers.DecimalField(max_digits=8, decimal_places=2)
    hold_expires_at = InstantField(allow_null=True)
    checkout_url = serializers.SerializerMethodField(
        help_text="Where to pay, while the appointment waits for payment"
    )
    check_in_code = serializers.SerializerMethodField(help_text="For the kiosk, once booked")
    ticket = serializers.CharField(allow_blank=True)
    label_choice = serializers.ChoiceField(
        choices=LabelChoice.choices,
        allow_blank=True,
        help_text="For this visit; empty is the account's choice",
    )
    can_cancel = serializers.SerializerMethodField()
    can_reschedule = serializers.SerializerMethodField()
    is_refundable = serializers.BooleanField()
    created_at = InstantField()

    def get_checkout_url(self, appointment: Appointment) -> str | None:
        is_pending = appointment.status == AppointmentStatus.PENDING
        return links.checkout_url(appointment) if is_pending else None

    def get_check_in_code(self, appointment: Appointment) -> str | None:
        return appointment.check_in_code if appointment.status in CODE_SHOWN else None

    def get_can_cancel(self, appointment: Appointment) -> bool:
        return changes.can_cancel(appointment, clock.now())

    def get_can_reschedule(self, appointment: Appointment) -> bool:
        return changes.can_reschedule(appointment, clock.now())


class HoldIn(serializers.Serializer[Any]):
    specialty = serializers.SlugField(max_length=40)
    practitioner = serializers.UUIDField(required=False, allow_null=True, default=None)
    start = InstantField()


class RescheduleIn(serializers.Serializer[Any]):
    start = InstantField()
    practitioner = serializers.UUIDField(required=False, allow_null=True, default=None)


class LabelIn(serializers.Serializer[Any]):
    label_choice = serializers.ChoiceField(choices=LabelChoice.choices, allow_blank=True)


class NewPatientIn(serializers.Serializer[Any]):
    full_name = FullNameField()
    phone = MobileField()
    language = serializers.ChoiceField(choices=Language.choices, default=Language.PORTUGUESE)


class DeskIn(serializers.Serializer[Any]):
    """Either a known `patient` or a `new_patient`. Without `start` it is a walk-in, now."""

    patient = serializers.UUIDField(required=False, allow_null=True)
    new_patient = NewPatientIn(required=False, allow_null=True)
    specialty = serializers.SlugField(max_length=40)
    practitioner = serializers.UUIDField(required=False, allow_null=True, default=None)
    start = InstantField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = {"patient": None, "new_patient": None, **attrs}
        if (attrs["patient"] is None) == (attrs["new_patient"] is None):
            message = "Give either a patient or a new patient."
            raise serializers.ValidationError(
                {"patient": [serializers.ErrorDetail(message, "one_patient")]}
            )
        return attrs


class OverrideIn(serializers.Serializer[Any]):
    override = serializers.BooleanField(
        default=False,
        help_text="Do it anyway: what is in the way ends. A called patient waits again, a "
        "treatment is finished",
    )


class MoveRoomIn(OverrideIn):
    room = serializers.UUIDField()


class InTheWayOut(serializers.Serializer[Any]):
    """A visit under way that shares something with the one that was pressed."""

    appointment = serializers.UUIDField()
    shared = serializers.ListField(
        child=serializers.ChoiceField(choices=["patient", "practitioner", "room"])
    )
    status = serializers.ChoiceField(
        choices=[AppointmentStatus.CALLED, AppointmentStatus.IN_PROGRESS]
    )
    patient = serializers.CharField(help_text="Full name")
    practitioner = serializers.CharField()
    room = serializers.CharField()
    ends = serializers.BooleanField(help_text="Whether `override` ends it")


class BusyProblem(ProblemDetails):
    """`busy` also says what is in the way."""

    in_the_way = InTheWayOut(many=True, required=False)


class NoteIn(serializers.Serializer[Any]):
    note = Note(max_length=500, allow_blank=True)
    was = serializers.CharField(
        max_length=500,
        allow_blank=True,
        required=False,
        default=None,
        help_text="The note that the writer saw; if it has changed since, it isn't overwritten",
    )


class UndoIn(serializers.Serializer[Any]):
    undo_until = InstantField(
        required=False,
        default=None,
        help_text="The value that came with the press to take back; a newer press isn't taken back",
    )


class AccuracyOut(serializers.Serializer[Any]):
    """How accurate the waits were that patients were told at their arrival."""

    patients = serializers.IntegerField()
    mean_wait = serializers.FloatField(help_text="Minutes")
    error = serializers.FloatField(help_text="Mean absolute error of the estimate in minutes")
    bias = serializers.FloatField(
        help_text=("Mean error in minutes; below zero: people were told too little")
    )
    coverage = serializers.FloatField(help_text="Share of waits within the range that was told")
    beyond = serializers.FloatField(
        help_text=("Share of waits more than five minutes longer than told")
    )


class DayAccuracyOut(AccuracyOut):
    date = serializers.DateField()


class WaitReport(serializers.Serializer[Any]):
    total = AccuracyOut(allow_null=True)
    days = DayAccuracyOut(
        many=True, help_text=("The days on which somebody was told a wait, in order")
    )


class ReportQuery(serializers.Serializer[Any]):
    days = serializers.IntegerField(
        min_value=1, max_value=366, default=30, help_text="How many days back, including today"
    )
