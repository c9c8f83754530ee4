import { expect, it } from "vitest";
import type { Slot } from "@/lib/api/types";
import { DAYS_AHEAD, daysOf, partOfDay, sameInstant } from "./data";

function slot(start: string, practitioner = "a"): Slot {
  return { start, end: start, practitioner: { id: practitioner, name: practitioner } };
}

it("keeps every day of the strip, also those without a free time", () => {
  const days = daysOf([slot("2026-11-27T10:30:00Z")], "2026-11-25");
  expect(days).toHaveLength(DAYS_AHEAD);
  expect(days.slice(0, 3)).toEqual([
    { date: "2026-11-25", starts: [] },
    { date: "2026-11-26", starts: [] },
    { date: "2026-11-27", starts: ["2026-11-27T10:30:00Z"] },
  ]);
  expect(days.at(-1)?.date).toBe("2026-12-22");
});

it("shows a time once, in order, however many therapists are free", () => {
  const days = daysOf(
    [
      slot("2026-11-25T11:00:00Z", "a"),
      slot("2026-11-25T09:00:00+00:00", "b"),
      slot("2026-11-25T10:00:00+01:00", "a"),
    ],
    "2026-11-25",
  );
  expect(days[0]?.starts.map((start) => new Date(start).toISOString())).toEqual([
    "2026-11-25T09:00:00.000Z",
    "2026-11-25T11:00:00.000Z",
  ]);
});

it("puts a late summer evening on the clinic's day, not on UTC's", () => {
  const days = daysOf([slot("2026-07-01T23:30:00Z")], "2026-07-01");
  expect(days[0]?.starts).toEqual([]);
  expect(days[1]?.starts).toEqual(["2026-07-01T23:30:00Z"]);
});

it("parts the day by the clinic's clock", () => {
  expect(partOfDay("2026-11-25T12:45:00Z")).toBe("morning");
  expect(partOfDay("2026-07-01T12:00:00Z")).toBe("afternoon");
  expect(partOfDay("2026-11-25T19:00:00Z")).toBe("evening");
});

it("compares instants, not their spelling", () => {
  expect(sameInstant("2026-11-25T10:00:00+01:00", "2026-11-25T09:00:00Z")).toBe(true);
  expect(sameInstant(null, null)).toBe(false);
});
