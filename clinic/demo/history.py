"""The demo clinic's past month: invented days, with forecasts by the product's own estimator.

It is written straight into the database, as it would look by now, and not through the services,
since nobody waits for a message from last week.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from booking import codes
from booking.choices import AppointmentStatus, Source
from booking.models import Appointment, TicketCounter
from booking.services import learning
from booking.waits import Visit, WaitRange
from booking.waits.replay import Row, replay
from clinic.core import clock
from clinic.directory.models import Patient, Practitioner, Specialty

if TYPE_CHECKING:
    from booking.waits.normal import Floats

DAYS = 28
OPENS, CLOSES = time(9), time(18)
FILLED, SHOWS = 0.88, 0.93
EARLY_MEAN, EARLY_SD = -7.0, 8.0
SPREAD = 0.2
SLOWNESS = (1.0, 1.08, 0.96, 1.04)
TURNOVER = timedelta(minutes=2)
CALLED_BEFORE = timedelta(minutes=1)


def write(
    therapists: list[Practitioner], patients: list[Patient], *, today: date, seed: int = 7
) -> int:
    """Write the days before `today`, unless there are some already, and learn from them.

    Returns how many visits were written.
    """
    first = today - timedelta(days=DAYS)
    opens, _ = clock.day_bounds(first)
    closes, _ = clock.day_bounds(today - timedelta(days=7))
    if Appointment.objects.filter(start__gte=opens, start__lt=closes).exists():
        return 0
    generator = np.random.default_rng(seed)
    catalogue = {specialty.code: specialty for specialty in Specialty.objects.all()}
    rows = [
        row
        for day in range(DAYS)
        if (on := first + timedelta(days=day)).weekday() < 6
        for therapist, slowness in zip(therapists, SLOWNESS, strict=False)
        for row in _day(on, therapist, slowness, generator)
    ]
    told = {
        check_in.name: check_in.wait
        for check_in in replay(rows, day_of=lambda instant: clock.local(instant).date())
    }
    by_id = {str(therapist.pk): therapist for therapist in therapists}
    tickets: dict[date, int] = {}
    people = cycle(patients)
    Appointment.objects.bulk_create(
        _appointment(
            row.visit,
            told.get(row.name),
            by_id[row.visit.practitioner],
            catalogue[row.visit.specialty],
            next(people),
            tickets,
        )
        for row in sorted(rows, key=lambda row: row.visit.arrived or row.visit.scheduled)
    )
    TicketCounter.objects.bulk_create(
        TicketCounter(day=day, last=last) for day, last in tickets.items()
    )
    learning.learn()
    return len(rows)


def _day(
    on: date, therapist: Practitioner, slowness: float, generator: np.random.Generator
) -> Iterator[Row]:
    """One practitioner's list of one day and what happened, in the order of the list."""
    specialties = list(therapist.specialties.all())
    start = datetime.combine(on, OPENS, clock.zone())
    closes = datetime.combine(on, CLOSES, clock.zone())
    free = start
    pace = float(generator.normal(slowness, 0.06))
    while True:
        specialty = specialties[int(generator.integers(len(specialties)))]
        planned = timedelta(minutes=specialty.duration_minutes)
        if start + planned > closes:
            return
        noise: Floats = generator.normal(size=2)
        if generator.random() < FILLED:
            visit = Visit(
                specialty=specialty.code,
                practitioner=str(therapist.pk),
                planned_minutes=float(specialty.duration_minutes),
                scheduled=start,
            )
            if generator.random() < SHOWS:
                arrived = start + timedelta(minutes=EARLY_MEAN + EARLY_SD * float(noise[0]))
                begins = max(arrived + CALLED_BEFORE, free + TURNOVER, start - planned / 10)
                lasts = planned * pace * math.exp(SPREAD * float(noise[1]) - SPREAD**2 / 2)
                free = begins + lasts
                visit = replace(visit, arrived=arrived, started=begins, ended=free)
            yield Row(str(uuid4()), visit)
        start += planned


def _appointment(
    visit: Visit,
    wait: WaitRange | None,
    therapist: Practitioner,
    specialty: Specialty,
    patient: Patient,
    tickets: dict[date, int],
) -> Appointment:
    booked = visit.scheduled - timedelta(days=3)
    appointment = Appointment(
        patient=patient,
        specialty=specialty,
        practitioner=therapist,
        room_id=therapist.room_id,
        start=visit.scheduled,
        end=visit.scheduled + timedelta(minutes=visit.planned_minutes),
        status=AppointmentStatus.NO_SHOW,
        source=Source.DESK,
        price=specialty.price,
        vat_rate=specialty.vat_rate,
        vat_exemption=specialty.vat_exemption,
        check_in_code=codes.check_in_code(),
        created_at=booked,
        booked_at=booked,
        closed_at=visit.scheduled + timedelta(minutes=visit.planned_minutes),
    )
    if visit.arrived is not None and visit.started is not None:
        day = clock.local(visit.scheduled).date()
        tickets[day] = tickets.get(day, 0) + 1
        appointment.status = AppointmentStatus.FULFILLED
        appointment.ticket, appointment.ticket_on = codes.ticket(tickets[day]), day
        appointment.arrived_at = visit.arrived
        appointment.called_at = visit.started - CALLED_BEFORE
        appointment.call_number = 1
        appointment.started_at = visit.started
        appointment.ended_at = appointment.closed_at = visit.ended
        if wait is not None:
            appointment.quoted_low_minutes = wait.low_minutes
            appointment.quoted_minutes = wait.estimate_minutes
            appointment.quoted_high_minutes = wait.high_minutes
    return appointment
