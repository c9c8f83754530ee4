import { describe, expect, it } from "vitest";
import type { CheckIn, CheckInStatus } from "@/lib/api/types";
import { isComplete, next, REST, type Event, type Step } from "./machine";

function checkIn(status: CheckInStatus): CheckIn {
  return { id: "c1", status, label: null, ticket: null, room: null, wait: null, detail: null };
}

function run(start: Step, ...events: Event[]): Step {
  return events.reduce(next, start);
}

function type(text: string): Event[] {
  return Array.from(text, (character) => ({ type: "type", character }));
}

describe("by face", () => {
  const sent = run(REST, { type: "choose_camera" }, { type: "send" });

  it("waits for the decision and shows it", () => {
    const waiting = next(sent, { type: "accepted", checkIn: checkIn("processing") });
    const answer = next(waiting, { type: "decided", checkIn: checkIn("arrived") });

    expect(waiting).toEqual({ name: "waiting", id: "c1" });
    expect(answer).toEqual({ name: "answer", checkIn: checkIn("arrived") });
  });

  it("asks for the birth year when the match is not sure, and keeps it over repeated frames", () => {
    const asking = run(
      sent,
      { type: "accepted", checkIn: checkIn("processing") },
      { type: "decided", checkIn: checkIn("confirm") },
      ...type("1984"),
      { type: "decided", checkIn: checkIn("confirm") },
    );

    expect(asking).toEqual({
      name: "confirm",
      id: "c1",
      by: "birth_year",
      typed: "1984",
      trouble: null,
    });
    expect(isComplete(asking)).toBe(true);
  });

  it("ignores another check-in's answer", () => {
    const waiting: Step = { name: "waiting", id: "mine" };

    expect(next(waiting, { type: "decided", checkIn: checkIn("arrived") })).toBe(waiting);
  });

  it("says so when there is no camera", () => {
    expect(run(REST, { type: "choose_camera" }, { type: "camera_failed" })).toEqual({
      name: "no_camera",
    });
  });
});

describe("by code", () => {
  it("takes six letters or digits, in capitals, and nothing else", () => {
    const step = run(REST, { type: "choose_code" }, ...type("a7-k 9xyz"));

    expect(step).toEqual({ name: "code", typed: "A7K9XY", trouble: null });
    expect(isComplete(step)).toBe(true);
  });

  it("erases one", () => {
    expect(run(REST, { type: "choose_code" }, ...type("A7"), { type: "erase" })).toEqual({
      name: "code",
      typed: "A",
      trouble: null,
    });
  });

  it("starts over with a hint after a wrong code, and sends to the desk when offline", () => {
    const sending: Step = { name: "sending" };

    expect(next(sending, { type: "refused", trouble: "wrong" })).toEqual({
      name: "code",
      typed: "",
      trouble: "wrong",
    });
    expect(next(sending, { type: "refused", trouble: "offline" })).toEqual({ name: "offline" });
  });
});

it("forgets everything at rest, whatever the step", () => {
  const steps: Step[] = [
    { name: "code", typed: "A7K9XY", trouble: null },
    { name: "confirm", id: "c1", by: "code", typed: "A7", trouble: "wrong" },
    { name: "answer", checkIn: { ...checkIn("arrived"), label: "Ana M." } },
  ];

  expect(steps.map((step) => next(step, { type: "reset" }))).toEqual([REST, REST, REST]);
});
