// @vitest-environment node
import { expect, it } from "vitest";
import { ago } from "./ago";

const NOON = Date.parse("2026-11-23T12:00:00Z");

it("is fine at first, then coarser, then an hour of the day", () => {
  const before = (seconds: number) => ago(new Date(NOON - seconds * 1000).toISOString(), NOON);

  expect([-3, 4].map(before)).toEqual([{ kind: "now" }, { kind: "now" }]);
  expect([5, 59].map(before)).toEqual([
    { kind: "seconds", count: 5 },
    { kind: "seconds", count: 59 },
  ]);
  expect([60, 3599].map(before)).toEqual([
    { kind: "minutes", count: 1 },
    { kind: "minutes", count: 59 },
  ]);
  expect(before(3600)).toEqual({ kind: "at", at: NOON - 3_600_000 });
});
