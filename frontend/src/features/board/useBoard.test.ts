import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Board } from "@/lib/api/types";
import { useBoard } from "./useBoard";

class Socket {
  static all: Socket[] = [];
  onopen = null;
  onerror = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor() {
    Socket.all.push(this);
  }

  close(): void {
    this.onmessage = null;
  }

  static get last(): Socket {
    const socket = Socket.all.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }
}

/** The server over HTTP: what it answers now, and how often it was asked. */
const server = { revision: 1, answers: "yes" as "yes" | "no" | "never", asked: 0, given_up: 0 };

/** A board whose content tells its revision, as no two boards of a revision differ. */
function board(revision: number): Board {
  const server_time = new Date(Date.UTC(2026, 10, 24, 12, 0, revision)).toISOString();
  return {
    type: "board",
    revision,
    server_time,
    clinic: `board ${revision}`,
    closes_at: null,
    opens_at: null,
    entries: [],
  };
}

function beat(revision: number, stale = false) {
  return { type: "heartbeat", revision, server_time: board(revision).server_time, stale };
}

/** Lets so much time pass, and all that waits for an answer of the server have it. */
async function pass(ms: number): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  });
}

async function tell(frame: unknown): Promise<void> {
  act(() => Socket.last.onmessage?.({ data: JSON.stringify(frame) }));
  await pass(0);
}

async function open() {
  const { result, unmount } = renderHook(useBoard);
  await pass(0);
  return { view: () => result.current, unmount };
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  Object.assign(server, { revision: 1, answers: "yes", asked: 0, given_up: 0 });
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
    server.asked += 1;
    const headers = new Headers();
    if (server.answers === "no") return Promise.resolve({ ok: false, status: 503, headers });
    if (server.answers === "yes") {
      const body = board(server.revision);
      return Promise.resolve({ ok: true, status: 200, headers, json: () => Promise.resolve(body) });
    }
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        server.given_up += 1;
        reject(new Error("aborted"));
      });
    });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("stale data and frames make the present board", () => {
  /** The same sequence for the same seed: Mulberry32. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "whichever frames are lost, repeated and late (%i)",
    async (seed) => {
      const chance = random(seed);
      const newest = 2 + Math.floor(chance() * 20);
      server.revision = 1 + Math.floor(chance() * newest);
      const { view, unmount } = await open();
      let before = view().board?.revision ?? 0;
      expect(before).toBe(server.revision);

      const sent = Array.from({ length: 30 }, () => 1 + Math.floor(chance() * newest));
      for (const revision of sent) {
        server.revision = Math.max(server.revision, revision);
        await tell(chance() < 0.3 ? beat(revision) : board(revision));
        const shown = view().board;
        expect(shown?.revision).toBeGreaterThanOrEqual(before);
        before = shown?.revision ?? 0;
        expect(before).toBe(Math.max(server.revision, before));
        expect(shown?.clinic).toBe(`board ${before}`);
      }
      await tell(board(newest));

      expect(view().board).toEqual(board(newest));
      unmount();
    },
  );
});

describe("a board of which nobody knows whether it is the present one", () => {
  it("is asked for when the server itself has doubts, and trusted when it is confirmed", async () => {
    const { view, unmount } = await open();
    await tell(board(2));
    server.revision = 3;

    await tell(beat(2, true));
    await pass(2000);

    expect(view().board?.revision).toBe(3);
    expect(view().doubted).toBe(false);
    unmount();
  });

  it("says so within a second when nobody confirms it, until somebody does", async () => {
    const { view, unmount } = await open();
    await tell(board(2));
    server.answers = "no";
    await tell(beat(2, true));
    expect(view().doubted).toBe(false);
    await pass(1000);
    expect(view().doubted).toBe(true);

    await tell(beat(2));

    expect(view().doubted).toBe(false);
    unmount();
  });

  it("is asked for when a heartbeat is overdue, long before the socket counts as dead", async () => {
    const { view, unmount } = await open();
    await tell(board(2));
    server.revision = 3;
    await pass(5_999);
    expect(view().board?.revision).toBe(2);

    await pass(1);
    expect(view().board?.revision).toBe(3);
    expect(view().link).toBe("stale");
    await pass(1000);
    expect(view().doubted).toBe(false);
    unmount();
  });

  it("says so seven seconds after the wire fell silent for good", async () => {
    const { view, unmount } = await open();
    await tell(board(2));
    server.answers = "never";
    await pass(6_999);
    expect(view().doubted).toBe(false);

    await pass(1);

    expect(view().doubted).toBe(true);
    expect(view().board?.revision).toBe(2);
    unmount();
  });

  it("is confirmed at an age that no setting of the device's clock changes", async () => {
    const { view, unmount } = await open();
    await tell(board(2));
    const before = view().confirmedAt;
    vi.setSystemTime(Date.now() + 7_200_000);

    await pass(1000);
    await tell(beat(2));

    expect(view().confirmedAt - before).toBe(1000);
    unmount();
  });
});

describe("while the socket is lost", () => {
  it("the board is read at least every ten seconds, also after an answer that never came", async () => {
    const { view, unmount } = await open();
    await tell(board(2));
    server.answers = "never";
    Socket.last.onclose?.({ code: 1006 });
    await pass(10_000);
    expect(server.given_up).toBe(1);
    server.answers = "yes";
    server.revision = 5;
    await pass(10_000);
    expect(view().board?.revision).toBe(5);
    unmount();
  });

  it("and no longer, also when its answer comes after the socket is back", async () => {
    const { unmount } = await open();
    await tell(board(2));
    server.answers = "never";
    Socket.last.onclose?.({ code: 1006 });
    await pass(1000);
    await tell(board(3));
    const asked = server.asked;
    for (let seconds = 0; seconds < 60; seconds += 4) {
      await tell(beat(3));
      await pass(4_000);
    }

    expect(server.asked).toBe(asked);
    unmount();
  });

  it("it is tried again at least every four seconds", async () => {
    const { unmount } = await open();
    await tell(board(2));
    for (let attempt = 0; attempt < 8; attempt += 1) {
      Socket.last.onclose?.({ code: 1006 });
      const opened = Socket.all.length;
      await pass(4000);
      expect(Socket.all.length).toBe(opened + 1);
    }
    unmount();
  });
});
