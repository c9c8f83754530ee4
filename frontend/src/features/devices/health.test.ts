// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Device } from "@/lib/api/types";
import { ago, lastSeen, troubles } from "./health";

const NOON = Date.parse("2026-11-23T12:00:00Z");

function screen(secondsAgo: number, status: Partial<Device["status"]> = {}): Device {
  return {
    id: "1",
    kind: "display",
    name: "Piso 1",
    paired_at: "2026-11-20T09:00:00Z",
    last_seen_at: "2026-11-23T11:50:00Z",
    revoked_at: null,
    code_expires_at: null,
    settings: null,
    status: {
      reported_at: new Date(NOON - secondsAgo * 1000).toISOString(),
      version: "a",
      sound: "on",
      board: "live",
      picture: "calls",
      revision: 1,
      tickets: [],
      width: 1920,
      height: 1080,
      ...status,
    },
  };
}

describe("troubles", () => {
  it("finds none with a screen that has just reported all well", () => {
    expect(troubles(screen(90), NOON, "a")).toEqual([]);
  });

  it("names all that is wrong", () => {
    const status = { sound: "blocked", board: "stale", version: "b" } as const;
    expect(troubles(screen(10, status), NOON, "a")).toEqual(["stale", "blocked", "old"]);
  });

  it("believes nothing of a screen that is silent for more than 90 seconds", () => {
    expect(troubles(screen(91, { sound: "blocked" }), NOON, "a")).toEqual(["unseen"]);
    expect(troubles({ ...screen(0), status: null }, NOON, "a")).toEqual(["unseen"]);
  });

  it("tells one whose socket is open from one that is gone", () => {
    const last_seen_at = new Date(NOON - 60_000).toISOString();
    const silent = { ...screen(91, { sound: "blocked" }), last_seen_at };
    expect(troubles(silent, NOON, "a")).toEqual(["silent"]);
  });

  it("takes quiet hours and mute for what they are: wanted", () => {
    expect(troubles(screen(10, { sound: "quiet" }), NOON, "a")).toEqual([]);
    expect(troubles(screen(10, { sound: "muted", board: "polled" }), NOON, "a")).toEqual([]);
  });

  it("calls no version old while one of the two is unknown", () => {
    expect(troubles(screen(10, { version: "" }), NOON, "a")).toEqual([]);
    expect(troubles(screen(10), NOON, null)).toEqual([]);
  });

  it("leaves alone what reports nothing", () => {
    expect(troubles({ ...screen(999), kind: "kiosk" }, NOON, "a")).toEqual([]);
    expect(troubles({ ...screen(999), paired_at: null }, NOON, "a")).toEqual([]);
  });
});

describe("lastSeen", () => {
  it("is the latest sign of either kind", () => {
    expect(lastSeen(screen(20))).toBe(NOON - 20_000);
    expect(lastSeen(screen(3600))).toBe(NOON - 600_000);
    expect(lastSeen({ ...screen(0), last_seen_at: null, status: null })).toBeNull();
  });
});

describe("ago", () => {
  it("speaks of one number, seconds in tens", () => {
    expect([0, 19_000, 89_000, 95_000, 5_400_000, 40 * 3_600_000].map(ago)).toEqual([
      { unit: "seconds", count: 0 },
      { unit: "seconds", count: 20 },
      { unit: "seconds", count: 90 },
      { unit: "minutes", count: 2 },
      { unit: "hours", count: 2 },
      { unit: "days", count: 2 },
    ]);
  });
});
