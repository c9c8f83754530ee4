/** A practitioner's day as the dashboard reads it, and the one step that comes next. */

import type { Day, DayLimits, StaffAnswer, StaffAppointment } from "@/lib/api/types";

export interface Column {
  id: string;
  name: string;
  room: string;
  /** The account of whoever treats here. */
  user: string | null;
  limits: DayLimits;
  inside: StaffAppointment[];
  called: StaffAppointment[];
  waiting: StaffAppointment[];
  /** Booked or still unpaid, in order of their hour. */
  expected: StaffAppointment[];
  /** Booked, and the whole of their time has passed without them. */
  missing: StaffAppointment[];
  done: number;
  missed: number;
}

const MINUTE = 60_000;

function at(instant: string | null): number {
  return instant ? new Date(instant).getTime() : 0;
}

function byStart(a: StaffAppointment, b: StaffAppointment): number {
  return at(a.start) - at(b.start);
}

export function columnsOf(day: Day): Column[] {
  return day.practitioners.map((practitioner) => {
    const all = practitioner.appointments;
    const having = (...statuses: StaffAppointment["status"][]) =>
      all.filter((appointment) => statuses.includes(appointment.status));
    return {
      id: practitioner.id,
      name: practitioner.name,
      room: practitioner.room.name,
      user: practitioner.user,
      limits: day.limits,
      inside: having("in_progress"),
      called: having("called").sort((a, b) => at(b.called_at) - at(a.called_at)),
      waiting: having("arrived").sort(byStart),
      expected: having("booked", "pending")
        .filter(({ is_missed }) => !is_missed)
        .sort(byStart),
      missing: all.filter(({ is_missed }) => is_missed).sort(byStart),
      done: having("fulfilled").length,
      missed: having("no_show").length,
    };
  });
}

export type NextStep =
  | { action: "start" | "finish"; appointment: StaffAppointment }
  | { action: "call-next"; appointment: StaffAppointment }
  | { action: "walk-in" };

/** Start whom you called, finish whom you treat, call who waits; with nobody there, take a walk-in. */
export function nextStep(column: Column): NextStep {
  const [called] = column.called;
  const [inside] = column.inside;
  const [waiting] = column.waiting;
  if (inside) return { action: "finish", appointment: inside };
  if (called) return { action: "start", appointment: called };
  if (waiting) return { action: "call-next", appointment: waiting };
  return { action: "walk-in" };
}

export interface Elapsed {
  minutes: number;
  planned: number;
  over: number;
  endsAt: number;
}

/** How long a treatment has lasted, in whole minutes, against its plan. */
export function elapsed(appointment: StaffAppointment, now: number): Elapsed {
  const started = at(appointment.started_at);
  const planned = Math.round((at(appointment.end) - at(appointment.start)) / MINUTE);
  const minutes = Math.max(0, Math.floor((now - started) / MINUTE));
  return {
    minutes,
    planned,
    over: Math.max(0, minutes - planned),
    endsAt: Math.max(now, started + planned * MINUTE),
  };
}

export function minutesSince(instant: string | null, now: number): number {
  return instant ? Math.max(0, Math.floor((now - at(instant)) / MINUTE)) : 0;
}

/** Minutes by which somebody who hasn't come is late; 0 before the hour. */
export function lateness(appointment: StaffAppointment, now: number): number {
  return appointment.status === "booked" ? minutesSince(appointment.start, now) : 0;
}

/** Well past the hour, and not here. */
export function isLate(appointment: StaffAppointment, limits: DayLimits, now: number): boolean {
  return lateness(appointment, now) > limits.late_minutes;
}

/** Longer than was told at the arrival; where nothing was told, well past the hour. */
export function waitsTooLong(
  { arrived_at, told, start }: StaffAppointment,
  limits: DayLimits,
  now: number,
): boolean {
  return told
    ? minutesSince(arrived_at, now) > told.high_minutes
    : minutesSince(start, now) > limits.late_minutes;
}

/** Called a while ago: they have perhaps not heard it. */
export function isUnheard(
  { called_at }: StaffAppointment,
  limits: DayLimits,
  now: number,
): boolean {
  return minutesSince(called_at, now) >= limits.unheard_minutes;
}

export interface Summary {
  waiting: number;
  medianWait: number | null;
  late: number;
}

export function summary(columns: readonly Column[], now: number): Summary {
  const waits = columns
    .flatMap((column) => column.waiting)
    .map((appointment) => minutesSince(appointment.arrived_at, now))
    .sort((a, b) => a - b);
  const middle = Math.floor(waits.length / 2);
  const median =
    waits.length % 2 ? waits[middle] : ((waits[middle - 1] ?? 0) + (waits[middle] ?? 0)) / 2;
  return {
    waiting: waits.length,
    medianWait: waits.length && median !== undefined ? Math.round(median) : null,
    late: columns.flatMap(({ expected, limits }) =>
      expected.filter((appointment) => isLate(appointment, limits, now)),
    ).length,
  };
}

export function findAppointment(day: Day | undefined, id: string): StaffAppointment | undefined {
  return day?.practitioners
    .flatMap(({ appointments }) => appointments)
    .find((appointment) => appointment.id === id);
}

/** Of two states of a day the one to show: what was seen once is never taken back. */
export function newest(shown: Day | undefined, next: Day): Day {
  return shown && shown.revision > next.revision ? shown : next;
}

/** The same day with what a press made of one appointment, unless the day knows it already. */
export function withAppointment(day: Day, { revision, ...changed }: StaffAnswer): Day {
  if (day.revision > revision) return day;
  return {
    ...day,
    revision,
    practitioners: day.practitioners.map((practitioner) => {
      const others = practitioner.appointments.filter(({ id }) => id !== changed.id);
      return {
        ...practitioner,
        appointments: practitioner.id === changed.practitioner.id ? [...others, changed] : others,
      };
    }),
  };
}
