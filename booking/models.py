from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from booking.choices import CLOSED, LIVE, AppointmentStatus, Source
from clinic.core.columns import IsPlainNote, NoteColumn, plain
from clinic.core.single import SingleRow, only_one

_S = AppointmentStatus


class TimeRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


def _one_treatment_of_each(resource: str, *statuses: AppointmentStatus) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=[resource],
        condition=Q(status__in=statuses),
        name=f"booking_one_treatment_per_{resource}",
    )


def _never_two_at_once(resource: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=f"booking_one_per_{resource}",
        expressions=[
            (resource, RangeOperators.EQUAL),
            (TimeRange("start", "end", RangeBoundary()), RangeOperators.OVERLAPS),
        ],
        condition=Q(status__in=LIVE),
    )


class Appointment(models.Model):
    """One booked treatment. Its status changes only through `booking.transitions.Change`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        "directory.Patient", on_delete=models.PROTECT, related_name="appointments"
    )
    specialty = models.ForeignKey(
        "directory.Specialty", on_delete=models.PROTECT, related_name="appointments"
    )
    practitioner = models.ForeignKey(
        "directory.Practitioner", on_delete=models.PROTECT, related_name="appointments"
    )
    room = models.ForeignKey(
        "directory.Room", on_delete=models.PROTECT, related_name="appointments"
    )
    start = models.DateTimeField()
    end = models.DateTimeField()
    status = models.CharField(
        max_length=12, choices=AppointmentStatus.choices, default=AppointmentStatus.PENDING
    )
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.ONLINE)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    vat_rate = models.DecimalField(max_digits=4, decimal_places=2)
    vat_exemption = models.CharField(max_length=3, blank=True, default="")
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    check_in_code = models.CharField(max_length=6)
    ticket = models.CharField(max_length=6, blank=True, default="")
    ticket_on = models.DateField(null=True, blank=True)
    label_choice = models.CharField(max_length=6, blank=True, default="")
    is_refundable = models.BooleanField(
        default=True, help_text="False once the patient moved it later than the policy allows"
    )
    call_number = models.PositiveSmallIntegerField(default=0)
    quoted_low_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    quoted_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="What was said at the arrival, to be held to it later"
    )
    quoted_high_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    shown_low_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="What the screens show now, so that it doesn't flicker"
    )
    shown_high_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    calendar_sequence = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Rises with each change that the calendar file shows"
    )
    calendar_changed_at = models.DateTimeField(null=True, blank=True)
    note = NoteColumn(
        max_length=500, blank=True, default="", help_text="From the team, for the team only"
    )

    class Meta:
        ordering: ClassVar = ["-start", "-created_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-start"], name="booking_by_patient"),
            models.Index(fields=["start"], name="booking_by_start"),
            models.Index(
                fields=["hold_expires_at"],
                name="booking_due_holds",
                condition=Q(status=AppointmentStatus.PENDING),
            ),
        ]
        constraints: ClassVar = [
            _never_two_at_once("practitioner"),
            _never_two_at_once("room"),
            _never_two_at_once("patient"),
            # What really happens, whatever was planned. A called patient is on their way.
            _one_treatment_of_each("practitioner", _S.IN_PROGRESS),
            _one_treatment_of_each("room", _S.IN_PROGRESS),
            _one_treatment_of_each("patient", _S.CALLED, _S.IN_PROGRESS),
            models.UniqueConstraint(
                fields=["ticket_on", "ticket"],
                condition=Q(ticket_on__isnull=False),
                name="booking_ticket_once_a_day",
            ),
            models.UniqueConstraint(
                fields=["check_in_code"],
                condition=Q(status__in=LIVE),
                name="booking_code_unique_while_live",
            ),
            plain("booking_note_is_plain", "note", rule=IsPlainNote),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="booking_end_after_start"),
            models.CheckConstraint(
                condition=Q(status__in=AppointmentStatus.values), name="booking_status_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=Source.values), name="booking_source_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=AppointmentStatus.PENDING) | Q(hold_expires_at__isnull=False),
                name="booking_pending_expires",
            ),
            models.CheckConstraint(
                condition=Q(ticket="", ticket_on__isnull=True)
                | (~Q(ticket="") & Q(ticket_on__isnull=False)),
                name="booking_ticket_has_day",
            ),
            models.CheckConstraint(
                condition=~Q(
                    status__in=[_S.BOOKED, _S.ARRIVED, _S.CALLED, _S.IN_PROGRESS, _S.FULFILLED]
                )
                | Q(booked_at__isnull=False),
                name="booking_booked_is_stamped",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[_S.ARRIVED, _S.CALLED, _S.IN_PROGRESS, _S.FULFILLED])
                | (Q(arrived_at__isnull=False) & Q(ticket_on__isnull=False)),
                name="booking_arrived_is_stamped",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[_S.CALLED, _S.IN_PROGRESS, _S.FULFILLED])
                | Q(called_at__isnull=False, call_number__gt=0),
                name="booking_called_is_stamped",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[_S.IN_PROGRESS, _S.FULFILLED])
                | Q(started_at__isnull=False),
                name="booking_started_is_stamped",
            ),
            models.CheckConstraint(
                condition=~Q(status=AppointmentStatus.FULFILLED) | Q(ended_at__isnull=False),
                name="booking_ended_is_stamped",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CLOSED, closed_at__isnull=False)
                | Q(status__in=LIVE, closed_at__isnull=True),
                name="booking_closed_is_stamped",
            ),
            models.CheckConstraint(
                condition=Q(calendar_sequence=0, calendar_changed_at__isnull=True)
                | Q(calendar_sequence__gt=0, calendar_changed_at__isnull=False),
                name="booking_calendar_change_is_stamped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.status}"


class QueueRevision(SingleRow):
    """One row that only grows: the version of everything the screens show."""

    value = models.BigIntegerField(default=0)
    waits_digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            only_one("booking_revision_single"),
        ]

    def __str__(self) -> str:
        return str(self.value)


class LearnedTimes(SingleRow):
    """One row: what the clinic's history teaches about its waits, as `waits.Learned` keeps it."""

    figures = models.JSONField()
    learned_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            only_one("booking_learned_single"),
        ]

    def __str__(self) -> str:
        return f"learned {self.learned_at:%Y-%m-%d}"


class TicketCounter(models.Model):
    """The last ticket number given on a day."""

    day = models.DateField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day}: {self.last}"
