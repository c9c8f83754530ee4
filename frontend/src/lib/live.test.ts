import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LiveFrame } from "./api/types";
import { backoffMs, openLive, OVERDUE_MS, revisionGate, SILENCE_MS, type LiveState } from "./live";

class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  closed = false;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  close() {
    this.closed = true;
  }

  say(frame: Partial<LiveFrame>) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error("nothing was opened");
    return socket;
  }
}

function open(extra: { beforeReconnect?: () => Promise<unknown> } = {}) {
  const frames: LiveFrame[] = [];
  const states: LiveState[] = [];
  const connection = openLive({
    path: "/ws/me",
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    random: () => 1,
    connect: (url) => new FakeSocket(url) as unknown as WebSocket,
    ...extra,
  });
  return { frames, states, connection };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the pause before a reconnection", () => {
  it("doubles from one second and stays at thirty", () => {
    const pauses = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffMs(attempt, () => 1));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("can be kept short for those who must be back at once", () => {
    const pauses = [0, 1, 2, 3, 50].map((attempt) => backoffMs(attempt, () => 1, 4));
    expect(pauses).toEqual([1000, 2000, 4000, 4000, 4000]);
  });

  it("is between a half and the whole, so that screens come back scattered", () => {
    expect(backoffMs(3, () => 0)).toBe(4000);
    expect(backoffMs(3, () => 0.5)).toBe(6000);
  });
});

describe("a live connection", () => {
  it("hands out frames and is live from the first one", () => {
    const { frames, states, connection } = open();
    expect(states).toEqual(["connecting"]);
    FakeSocket.last.say({ type: "heartbeat", revision: 1 });
    expect(states).toEqual(["connecting", "live"]);
    expect(frames).toEqual([{ type: "heartbeat", revision: 1 }]);
    connection.close();
  });

  it("comes back after longer and longer pauses, and quickly again once it worked", async () => {
    const { states, connection } = open();
    FakeSocket.last.onclose?.();
    expect(states.at(-1)).toBe("lost");
    await vi.advanceTimersByTimeAsync(999);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.all).toHaveLength(2);

    FakeSocket.last.onclose?.();
    await vi.advanceTimersByTimeAsync(1999);
    expect(FakeSocket.all).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.all).toHaveLength(3);

    FakeSocket.last.say({ type: "heartbeat" });
    FakeSocket.last.onclose?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all).toHaveLength(4);
    connection.close();
  });

  it("is in doubt after six seconds of silence and dead after fifteen, counted from any frame", async () => {
    expect([OVERDUE_MS, SILENCE_MS]).toEqual([6_000, 13_000]);
    const { states, connection } = open();
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    FakeSocket.last.say({ type: "heartbeat" });
    await vi.advanceTimersByTimeAsync(OVERDUE_MS - 1);
    expect(states).toEqual(["connecting", "live"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(states.at(-1)).toBe("stale");

    FakeSocket.last.say({ type: "day" });
    expect(states.at(-1)).toBe("live");
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
    expect(states.at(-1)).toBe("stale");
    const silent = FakeSocket.last;
    await vi.advanceTimersByTimeAsync(1);
    expect(states.at(-1)).toBe("lost");
    expect(silent.closed).toBe(true);
    connection.close();
  });

  it("is in doubt while the server says so, whatever else it tells", () => {
    const { states, frames, connection } = open();
    FakeSocket.last.say({ type: "day", revision: 1 });
    FakeSocket.last.say({ type: "heartbeat", stale: true });
    FakeSocket.last.say({ type: "day", revision: 2 });
    expect(states).toEqual(["connecting", "live", "stale"]);
    expect(frames).toHaveLength(3);

    FakeSocket.last.say({ type: "heartbeat", stale: false });
    expect(states.at(-1)).toBe("live");
    connection.close();
  });

  it("comes back when preparing for it never ends", async () => {
    const { connection } = open({ beforeReconnect: () => new Promise(() => undefined) });
    FakeSocket.last.onclose?.();
    await vi.advanceTimersByTimeAsync(1000 + 7999);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.all).toHaveLength(2);
    connection.close();
  });

  it("is made anew on a phone that wakes after its socket died", () => {
    const { connection } = open();
    FakeSocket.last.say({ type: "heartbeat" });
    document.dispatchEvent(new Event("visibilitychange"));
    expect(FakeSocket.all).toHaveLength(1);

    const asleep = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(FakeSocket.all).toHaveLength(2);
    asleep.mockRestore();
    connection.close();
  });

  it("drops a connection that talks nonsense", () => {
    const { frames, states, connection } = open();
    FakeSocket.last.onmessage?.({ data: "<html>" });
    expect(frames).toEqual([]);
    expect(states.at(-1)).toBe("lost");
    connection.close();
  });

  it("reconnects also when preparing for it fails", async () => {
    const { connection } = open({ beforeReconnect: () => Promise.reject(new Error("no network")) });
    FakeSocket.last.onclose?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all).toHaveLength(2);
    connection.close();
  });

  it("stays closed once closed", async () => {
    const { connection } = open();
    FakeSocket.last.onclose?.();
    connection.close();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("comes back at once when the network does", () => {
    const { connection } = open();
    FakeSocket.last.onclose?.();
    window.dispatchEvent(new Event("online"));
    expect(FakeSocket.all).toHaveLength(2);
    connection.close();
  });
});

describe("the revision gate", () => {
  it("lets only newer frames through", () => {
    const gate = revisionGate();
    expect(gate.accept(5)).toBe(true);
    expect(gate.accept(5)).toBe(false);
    expect(gate.accept(4)).toBe(false);
    expect(gate.accept(6)).toBe(true);
  });

  it("knows when a heartbeat speaks of a frame that never came", () => {
    const gate = revisionGate();
    gate.accept(5);
    expect(gate.isBehind(5)).toBe(false);
    expect(gate.isBehind(6)).toBe(true);
  });
});
