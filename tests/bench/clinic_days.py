"""Invented days of a clinic, drawn from laws that the product isn't told.

Four practitioners, each with an own list of 30, 45, 60, 45 and 20 minute treatments over nine and a
half hours. 93 % of the list is booked, 8 % don't come, the others come some eight minutes early. A
treatment is lognormal around its plan (times the clinic's overrun and the practitioner's speed that
day). Of those present the earliest appointment is treated first; with nobody there, whoever comes
next. Nobody starts more than a quarter of an hour before opening.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from booking.waits import Visit
from booking.waits.replay import Row

OPENS: Final = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
LENGTH: Final = 570.0
EARLIEST: Final = -15.0
PLANS: Final = (
    ("massage", 30.0, 0.25),
    ("evaluation", 45.0, 0.15),
    ("musculoskeletal", 60.0, 0.30),
    ("therapeutic_massage", 45.0, 0.20),
    ("shock_waves", 20.0, 0.10),
)
SHORTEST: Final = ("shock_waves", 20.0)
SPREAD: Final = math.log1p(0.25**2)


@dataclass(frozen=True, slots=True)
class Clinic:
    """What differs between clinics. `walk_ins` come per practitioner and day, without a time."""

    overrun: float = 1.0
    practitioners: int = 4
    filled: float = 0.93
    no_shows: float = 0.08
    arrival_mean: float = -8.0
    arrival_sd: float = 9.0
    speed_sd: float = 0.08
    walk_ins: float = 0.0


@dataclass(slots=True)
class _Patient:
    specialty: str
    planned: float
    scheduled: float
    arrives: float | None
    lasts: float
    walk_in: bool = False
    starts: float | None = None


def simulate(clinic: Clinic, days: int, seed: int) -> Iterator[Row]:
    """Every visit of that many working days, times to the microsecond."""
    generator = np.random.default_rng(seed)
    for day in range(days):
        opens = OPENS + timedelta(days=day)
        for practitioner in range(clinic.practitioners):
            patients = _list_of_the_day(clinic, generator)
            _treat(patients)
            for number, patient in enumerate(patients):
                name = f"{day}-{practitioner}-{number}"
                yield Row(name, _visit(patient, opens, f"practitioner {practitioner}"))


def _list_of_the_day(clinic: Clinic, generator: np.random.Generator) -> list[_Patient]:
    speed = min(max(generator.normal(1.0, clinic.speed_sd), 0.8), 1.25)
    patients = []
    clock = 0.0
    while clock < LENGTH - SHORTEST[1]:
        specialty, planned = _any_plan(generator)
        if clock + planned > LENGTH:
            specialty, planned = SHORTEST
        if generator.random() < clinic.filled:
            comes = generator.random() >= clinic.no_shows
            offset = generator.normal(clinic.arrival_mean, clinic.arrival_sd)
            patients.append(
                _Patient(
                    specialty,
                    planned,
                    clock,
                    clock + offset if comes else None,
                    _lasts(planned * clinic.overrun * speed, generator),
                )
            )
        clock += planned
    for _ in range(generator.poisson(clinic.walk_ins)):
        at = generator.uniform(0.0, LENGTH - 60.0)
        specialty, planned = _any_plan(generator)
        lasts = _lasts(planned * clinic.overrun * speed, generator)
        patients.append(_Patient(specialty, planned, at, at, lasts, walk_in=True))
    return patients


def _any_plan(generator: np.random.Generator) -> tuple[str, float]:
    name, planned, _ = PLANS[generator.choice(len(PLANS), p=[share for _, _, share in PLANS])]
    return name, planned


def _lasts(mean: float, generator: np.random.Generator) -> float:
    return float(generator.lognormal(math.log(mean) - SPREAD / 2, math.sqrt(SPREAD)))


def _treat(patients: list[_Patient]) -> None:
    free = EARLIEST
    coming = [(one.arrives, one) for one in patients if one.arrives is not None]
    while coming:
        here = [pair for pair in coming if pair[0] <= free]
        chosen = (
            min(here, key=lambda pair: pair[1].scheduled)
            if here
            else min(coming, key=lambda pair: pair[0])
        )
        arrives, patient = chosen
        patient.starts = max(free, arrives)
        free = patient.starts + patient.lasts
        coming.remove(chosen)


def _visit(patient: _Patient, opens: datetime, practitioner: str) -> Visit:
    def at(minutes: float | None) -> datetime | None:
        return None if minutes is None else opens + timedelta(minutes=minutes)

    ends = None if patient.starts is None else patient.starts + patient.lasts
    return Visit(
        specialty=patient.specialty,
        practitioner=practitioner,
        planned_minutes=patient.planned,
        scheduled=opens + timedelta(minutes=patient.scheduled),
        arrived=at(patient.arrives),
        started=at(patient.starts),
        ended=at(ends),
        walk_in=patient.walk_in,
    )
