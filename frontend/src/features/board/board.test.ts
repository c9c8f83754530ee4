// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { BoardEntry } from "@/lib/api/types";
import { boardEntry } from "@/test/board";
import { awaitedOpening, CallGate, freshness, places } from "./board";

const NOON = Date.parse("2026-11-23T12:00:00Z");

function entry(id: string, changes: Partial<BoardEntry> = {}): BoardEntry {
  return boardEntry({ id, ticket: `A00${id}`, label: `Ana ${id}.`, ...changes });
}

function minutesAgo(minutes: number): string {
  return new Date(NOON - minutes * 60_000).toISOString();
}

describe("places", () => {
  it("puts the newest call first, older calls and recent arrivals in rooms below, the rest next", () => {
    const board = [
      entry("1", { state: "in_room", call_number: 1, called_at: minutesAgo(40) }),
      entry("2", { state: "in_room", call_number: 1, called_at: minutesAgo(5) }),
      entry("3", { state: "called", call_number: 1, called_at: minutesAgo(3) }),
      entry("4", { state: "called", call_number: 2, called_at: minutesAgo(1) }),
      entry("5"),
    ];

    const seen = places(board, NOON);

    expect(seen.now?.id).toBe("4");
    expect(seen.before.map((each) => each.id)).toEqual(["3", "2"]);
    expect(seen.next.map((each) => each.id)).toEqual(["5"]);
  });

  it("keeps everybody who is called, rather than those who have gone in", () => {
    const board = [
      ...["1", "2", "3", "4", "5", "6", "7"].map((id) =>
        entry(id, { state: "called", call_number: 1, called_at: minutesAgo(Number(id)) }),
      ),
      entry("8", { state: "in_room", call_number: 1, called_at: minutesAgo(1) }),
    ];

    const before = places(board, NOON).before.map((each) => each.id);

    expect(before).toEqual(["2", "3", "4", "5", "6", "7"]);
  });

  it("shows no call when nobody is called", () => {
    expect(places([entry("1")], NOON).now).toBeNull();
  });
});

describe("awaitedOpening", () => {
  const morning = "2026-11-24T08:30:00Z";
  const evening = "2026-11-23T19:00:00Z";
  const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);

  it("is the next opening from closing time on, and over when it comes", () => {
    const board = { closes_at: evening, opens_at: morning, entries: [] };
    const seen = ["23T18:59", "23T19:00", "24T08:29", "24T08:30"].map((time) =>
      awaitedOpening(board, at(time)),
    );

    expect(seen).toEqual([null, Date.parse(morning), Date.parse(morning), null]);
  });

  it("waits for the last patient to leave", () => {
    const board = { closes_at: null, opens_at: morning, entries: [entry("1")] };

    expect(awaitedOpening(board, at("23T20:00"))).toBeNull();
  });

  it("is none where nobody knows when the clinic opens", () => {
    expect(awaitedOpening({ closes_at: null, opens_at: null, entries: [] }, NOON)).toBeNull();
  });
});

describe("CallGate", () => {
  it("is silent on the first board, so that a restart announces nothing", () => {
    const gate = new CallGate();

    expect(gate.accept([entry("1", { state: "called", call_number: 1 })])).toEqual([]);
  });

  it("announces a call once, and a repeated call again", () => {
    const gate = new CallGate();
    gate.accept([entry("1")]);
    const called = entry("1", { state: "called", call_number: 1 });
    const again = entry("1", { state: "called", call_number: 2 });

    expect(gate.accept([called])).toEqual([called]);
    expect(gate.accept([called])).toEqual([]);
    expect(gate.accept([again])).toEqual([again]);
  });
});

describe("freshness", () => {
  it("believes a minute, shows for five, then asks to wait for the reception", () => {
    expect([60_000, 60_001, 300_000, 300_001].map(freshness)).toEqual([
      "fresh",
      "ageing",
      "ageing",
      "untrusted",
    ]);
  });
});
