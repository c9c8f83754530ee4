// @vitest-environment node
import { beforeEach, expect, it } from "vitest";
import { FRESH_MS, turnGate, type Call, type TurnGate } from "./turn";

const NOW = Date.parse("2026-11-24T10:00:00Z");
const VISIT = "a visit";

let gate: TurnGate;
beforeEach(() => {
  gate = turnGate();
});

const waiting: Call = { status: "arrived", call_number: 0, called_at: null };

function called(number: number, secondsAgo = 0): Call {
  return {
    status: "called",
    call_number: number,
    called_at: new Date(NOW - secondsAgo * 1000).toISOString(),
  };
}

it("announces a call once, however often its frame comes", () => {
  const heard = [waiting, called(1), called(1), called(1, 5)].map((call) =>
    gate.accept(VISIT, call, NOW),
  );
  expect(heard).toEqual([false, true, false, false]);
});

it("announces every repeated call, and the call after a return to the waiting room", () => {
  const back: Call = { status: "arrived", call_number: 2, called_at: null };
  const heard = [waiting, called(1), called(2), back, called(3)].map((call) =>
    gate.accept(VISIT, call, NOW),
  );
  expect(heard).toEqual([false, true, true, false, true]);
});

it("opens silently where the call is more than a minute old, and hears the next one", () => {
  expect(gate.accept(VISIT, called(1, FRESH_MS / 1000 + 1), NOW)).toBe(false);
  expect(gate.accept(VISIT, called(2), NOW)).toBe(true);
});

it("announces a call that is up to a minute old when the page opens", () => {
  expect(gate.accept(VISIT, called(1, FRESH_MS / 1000), NOW)).toBe(true);
});

it("announces a call that was missed while the connection was lost, however old", () => {
  gate.accept(VISIT, waiting, NOW - 300_000);
  expect(gate.accept(VISIT, called(1, 240), NOW)).toBe(true);
});

it("keeps visits apart, and an older frame wakes nobody", () => {
  expect(gate.accept(VISIT, called(2), NOW)).toBe(true);
  expect(gate.accept("another", called(1), NOW)).toBe(true);
  expect(gate.accept(VISIT, called(1), NOW)).toBe(false);
});

it("is silent once the treatment has begun", () => {
  const inside: Call = { ...called(1), status: "in_progress" };
  expect(gate.accept(VISIT, waiting, NOW)).toBe(false);
  expect(gate.accept(VISIT, inside, NOW)).toBe(false);
});
