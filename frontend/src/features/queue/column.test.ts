// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Day, StaffAppointment } from "@/lib/api/types";
import {
  columnsOf,
  elapsed,
  isUnheard,
  newest,
  nextStep,
  summary,
  waitsTooLong,
  withAppointment,
} from "./column";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const LIMITS = { late_minutes: 15, unheard_minutes: 5 };

function minutes(offset: number): string {
  return new Date(NOON + offset * 60_000).toISOString();
}

function appointment(
  id: string,
  status: StaffAppointment["status"],
  changes: Partial<StaffAppointment> = {},
): StaffAppointment {
  return {
    id,
    patient: { id: `p${id}`, full_name: "Ana Martins", label: "Ana M." },
    specialty: { code: "massage", name_pt: "Massagem", name_en: "Massage" },
    practitioner: { id: "sousa", name: "Inês Sousa" },
    room: { id: "r1", name: "1" },
    start: minutes(0),
    end: minutes(45),
    status,
    ticket: `A00${id}`,
    label: "Ana M.",
    arrived_at: null,
    called_at: null,
    call_number: 0,
    started_at: null,
    ended_at: null,
    hold_expires_at: null,
    source: "online",
    wait: null,
    told: null,
    note: "",
    changed_by: null,
    undo_until: null,
    is_missed: false,
    ...changes,
  };
}

function day(...appointments: StaffAppointment[]): Day {
  return {
    type: "day",
    revision: 1,
    server_time: minutes(0),
    date: "2026-11-23",
    limits: LIMITS,
    practitioners: [
      {
        id: "sousa",
        name: "Inês Sousa",
        room: { id: "r1", name: "1" },
        user: "u1",
        appointments,
      },
    ],
  };
}

function column(...appointments: StaffAppointment[]) {
  const [only] = columnsOf(day(...appointments));
  if (!only) throw new Error("no column");
  return only;
}

describe("nextStep", () => {
  it("finishes, then starts, then calls the earliest, then takes a walk-in", () => {
    const inside = appointment("1", "in_progress");
    const called = appointment("2", "called");
    const later = appointment("3", "arrived", { start: minutes(30) });
    const sooner = appointment("4", "arrived", { start: minutes(15) });

    expect(nextStep(column(later, sooner, called, inside))).toEqual({
      action: "finish",
      appointment: inside,
    });
    expect(nextStep(column(later, sooner, called))).toEqual({
      action: "start",
      appointment: called,
    });
    expect(nextStep(column(later, sooner))).toEqual({
      action: "call-next",
      appointment: sooner,
    });
    expect(nextStep(column())).toEqual({ action: "walk-in" });
  });
});

describe("columnsOf", () => {
  it("counts who missed their time neither among those to come nor among the late", () => {
    const late = appointment("1", "booked", { start: minutes(-20) });
    const missed = appointment("2", "booked", { start: minutes(-60), is_missed: true });

    const only = column(late, missed);

    expect([only.expected, only.missing]).toEqual([[late], [missed]]);
    expect(summary([only], NOON).late).toBe(1);
  });
});

describe("elapsed", () => {
  it("counts whole minutes and what runs over the plan", () => {
    const running = appointment("1", "in_progress", { started_at: minutes(-58) });

    expect(elapsed(running, NOON)).toEqual({ minutes: 58, planned: 45, over: 13, endsAt: NOON });
  });
});

describe("summary", () => {
  it("counts who waits, the median so far, and who is late by more than a quarter of an hour", () => {
    const columns = [
      column(
        appointment("1", "arrived", { arrived_at: minutes(-4) }),
        appointment("2", "arrived", { arrived_at: minutes(-10) }),
        appointment("3", "booked", { start: minutes(-16) }),
        appointment("4", "booked", { start: minutes(-15) }),
      ),
    ];

    expect(summary(columns, NOON)).toEqual({ waiting: 2, medianWait: 7, late: 1 });
  });

  it("has no median when nobody waits", () => {
    expect(summary([column()], NOON).medianWait).toBeNull();
  });
});

describe("waitsTooLong", () => {
  const told = { low_minutes: 10, estimate_minutes: 15, high_minutes: 20 };
  const since = (minutesAgo: number) => ({ arrived_at: minutes(-minutesAgo), start: minutes(-30) });

  it("holds us to what was told at the arrival, whatever the hour", () => {
    expect(waitsTooLong(appointment("1", "arrived", { ...since(20), told }), LIMITS, NOON)).toBe(
      false,
    );
    expect(waitsTooLong(appointment("1", "arrived", { ...since(21), told }), LIMITS, NOON)).toBe(
      true,
    );
  });

  it("goes by the hour where nothing was told", () => {
    expect(waitsTooLong(appointment("1", "arrived", since(1)), LIMITS, NOON)).toBe(true);
    expect(waitsTooLong(appointment("1", "arrived", { start: minutes(-15) }), LIMITS, NOON)).toBe(
      false,
    );
  });
});

describe("the server's limits", () => {
  it("say who is late, and who has perhaps not heard the call", () => {
    const late = appointment("1", "booked", { start: minutes(-16) });
    const called = appointment("2", "called", { called_at: minutes(-5) });
    const [patient] = columnsOf({
      ...day(late),
      limits: { late_minutes: 16, unheard_minutes: 6 },
    });

    expect(summary([column(late)], NOON).late).toBe(1);
    expect(patient && summary([patient], NOON).late).toBe(0);
    expect(isUnheard(called, LIMITS, NOON)).toBe(true);
    expect(isUnheard(called, { ...LIMITS, unheard_minutes: 6 }, NOON)).toBe(false);
  });
});

describe("withAppointment", () => {
  const before = day(appointment("1", "arrived"));
  const called = { ...appointment("1", "called"), revision: 3 };

  it("replaces the appointment that a press returned", () => {
    const after = withAppointment(before, called);

    expect(after.revision).toBe(3);
    expect(columnsOf(after)[0]?.called.map(({ id }) => id)).toEqual(["1"]);
    expect(columnsOf(after)[0]?.waiting).toEqual([]);
  });

  it("keeps what a colleague did after the press, when its answer comes late", () => {
    const started = { ...day(appointment("1", "in_progress")), revision: 4 };

    expect(withAppointment(started, called)).toBe(started);
  });
});

describe("newest", () => {
  it("leaves a frame out that is older than the answer to a press", () => {
    const before = { ...day(appointment("1", "arrived")), revision: 2 };
    const pressed = withAppointment(before, { ...appointment("1", "called"), revision: 3 });
    const next = { ...day(appointment("1", "called")), revision: 3 };

    expect(newest(pressed, before)).toBe(pressed);
    expect(newest(pressed, next)).toBe(next);
    expect(newest(undefined, before)).toBe(before);
  });
});
