/** What the waiting room sees, and what of it deserves which place. */

import type { Frame } from "@/lib/live";
import type { WaitRange } from "@/lib/format";

export interface BoardEntry {
  id: string;
  ticket: string;
  label: string;
  room: string;
  state: "waiting" | "called" | "in_room";
  call_number: number;
  called_at: string | null;
  wait: WaitRange | null;
}

export interface BoardFrame extends Frame {
  type: "board";
  revision: number;
  server_time: string;
  clinic: string;
  entries: BoardEntry[];
}

export interface HeartbeatFrame extends Frame {
  type: "heartbeat";
  revision: number;
  server_time: string;
}

export type DisplayFrame = BoardFrame | HeartbeatFrame;

export interface Places {
  now: BoardEntry | null;
  before: BoardEntry[];
  next: BoardEntry[];
}

const BEFORE_AT_MOST = 3;
const CALLED_AT_MOST = 4;
const BEFORE_FOR_MS = 15 * 60_000;

function calledAt(entry: BoardEntry): number {
  return entry.called_at ? new Date(entry.called_at).getTime() : 0;
}

/**
 * The newest call is the big one. Other calls, and those who went in during the last quarter of an
 * hour as far as there is room, stand below it; the rest wait, in the server's order.
 */
export function places(entries: readonly BoardEntry[], now: number): Places {
  const newestFirst = (a: BoardEntry, b: BoardEntry) => calledAt(b) - calledAt(a);
  const called = entries.filter((entry) => entry.state === "called").sort(newestFirst);
  const recent = entries
    .filter((entry) => entry.state === "in_room" && now - calledAt(entry) < BEFORE_FOR_MS)
    .sort(newestFirst);
  const others = called.slice(1, 1 + CALLED_AT_MOST);
  return {
    now: called[0] ?? null,
    before: others.concat(recent.slice(0, Math.max(0, BEFORE_AT_MOST - others.length))),
    next: entries.filter((entry) => entry.state === "waiting"),
  };
}

/** Tells new calls from known ones by their rising number. Silent on its first board. */
export class CallGate {
  private seen: Map<string, number> | null = null;

  /** The calls of this board that have not been announced yet. */
  accept(entries: readonly BoardEntry[]): BoardEntry[] {
    const known = this.seen;
    this.seen = new Map(entries.map((entry) => [entry.id, entry.call_number]));
    if (!known) return [];
    return entries.filter(
      (entry) => entry.state === "called" && entry.call_number > (known.get(entry.id) ?? 0),
    );
  }
}

export type Freshness = "fresh" | "ageing" | "untrusted";

/** A board is believed for a minute without confirmation, and shown for five. */
export function freshness(ageMs: number): Freshness {
  if (ageMs > 5 * 60_000) return "untrusted";
  return ageMs > 60_000 ? "ageing" : "fresh";
}
