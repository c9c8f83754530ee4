// @vitest-environment node
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
  const sent = run(REST, { type: "choose_camera" }, { type: "send", attempt: 1 });

  it("waits for the decision and shows it", () => {
    const waiting = next(sent, { type: "accepted", of: 1, checkIn: checkIn("processing") });
    const answer = next(waiting, { type: "decided", checkIn: checkIn("arrived") });

    expect(waiting).toEqual({ name: "waiting", way: "face", id: "c1" });
    expect(answer).toEqual({ name: "answer", by: "face", checkIn: checkIn("arrived") });
  });

  it("offers the code where no video can be made, and only to whoever asked for one", () => {
    const failed = run(REST, { type: "choose_camera" }, { type: "video_failed" });

    expect(failed).toEqual({
      name: "answer",
      by: "face",
      checkIn: { ...checkIn("unavailable"), id: "" },
    });
    expect(next(sent, { type: "video_failed" })).toBe(sent);
    expect(next(REST, { type: "video_failed" })).toBe(REST);
  });

  it("asks for the birth year when the match is not sure, and keeps it over repeated frames", () => {
    const asking = run(
      sent,
      { type: "accepted", of: 1, checkIn: checkIn("processing") },
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
    const waiting: Step = { name: "waiting", way: "face", id: "mine" };

    expect(next(waiting, { type: "decided", checkIn: checkIn("arrived") })).toBe(waiting);
  });

  it("says that nobody was recognised, and so after a second factor that fits nobody", () => {
    const waiting: Step = { name: "waiting", way: "face", id: "c1" };
    const answer = (by: string) => ({ name: "answer", by, checkIn: checkIn("not_recognised") });

    expect(next(waiting, { type: "decided", checkIn: checkIn("not_recognised") })).toEqual(
      answer("face"),
    );
    expect(
      run(
        waiting,
        { type: "decided", checkIn: checkIn("confirm") },
        { type: "decided", checkIn: checkIn("not_recognised") },
      ),
    ).toEqual(answer("confirmation"));
  });

  it("asks for another picture when the clinic refuses this one", () => {
    expect(next(sent, { type: "refused", of: 1, trouble: "wrong" })).toMatchObject({
      name: "answer",
      by: "face",
      checkIn: { status: "poor_image" },
    });
  });

  it("offers the code at once when the picture can't be kept or looked at", () => {
    expect(next(sent, { type: "refused", of: 1, trouble: "unavailable" })).toMatchObject({
      name: "answer",
      by: "face",
      checkIn: { status: "unavailable" },
    });
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

  it("takes the code that a QR holds in place of what was typed, and no other QR", () => {
    const read = (text: string) =>
      run(REST, { type: "choose_code" }, ...type("A7"), { type: "read", text });
    const code = (text: string) => ({ name: "code", typed: text, trouble: null });

    expect(read(" k7m2pq\n")).toEqual(code("K7M2PQ"));
    expect(["K7M2P", "K7M2PQR", "K7-2PQ", "https://example.org/K7M2PQ"].map(read)).toEqual(
      Array(4).fill(code("A7")),
    );
    expect(next(REST, { type: "read", text: "K7M2PQ" })).toBe(REST);
  });

  const sending: Step = { name: "sending", way: "code", attempt: 1 };
  const again: Step = { name: "code", typed: "", trouble: "wrong" };

  it("starts over with a hint when the code is unknown or refused", () => {
    const unknown = run(
      sending,
      { type: "accepted", of: 1, checkIn: checkIn("processing") },
      { type: "decided", checkIn: checkIn("not_recognised") },
    );

    expect(unknown).toEqual(again);
    expect(next(sending, { type: "refused", of: 1, trouble: "wrong" })).toEqual(again);
  });

  it("tells a code of no more use from a face without an appointment", () => {
    const waiting: Step = { name: "waiting", way: "code", id: "c1" };

    expect(next(waiting, { type: "decided", checkIn: checkIn("no_appointment") })).toEqual({
      name: "answer",
      by: "code",
      checkIn: checkIn("no_appointment"),
    });
  });

  it("sends to the desk when offline", () => {
    for (const trouble of ["offline", "unavailable"] as const) {
      expect(next(sending, { type: "refused", of: 1, trouble })).toEqual({ name: "offline" });
    }
  });
});

describe("what is too late", () => {
  const somebodyElse: Step = { name: "sending", way: "code", attempt: 2 };

  it("is not told to the next person", () => {
    const accepted: Event = { type: "accepted", of: 1, checkIn: checkIn("arrived") };

    expect(next(somebodyElse, accepted)).toBe(somebodyElse);
    expect(next(somebodyElse, { type: "refused", of: 1, trouble: "wrong" })).toBe(somebodyElse);
  });

  it("does not wake a kiosk at rest", () => {
    expect(next(REST, { type: "refused", of: 1, trouble: "wrong" })).toBe(REST);
    expect(next(REST, { type: "decided", checkIn: checkIn("arrived") })).toBe(REST);
  });
});

it("forgets everything at rest, whatever the step", () => {
  const steps: Step[] = [
    { name: "code", typed: "A7K9XY", trouble: null },
    { name: "confirm", id: "c1", by: "code", typed: "A7", trouble: "wrong" },
    { name: "answer", by: "code", checkIn: { ...checkIn("arrived"), label: "Ana M." } },
  ];

  expect(steps.map((step) => next(step, { type: "reset" }))).toEqual([REST, REST, REST]);
});
