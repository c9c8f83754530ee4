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
  /** The end of the opening hours that ran when the frame was made; null while it was closed. */
  closes_at: string | null;
  /** The opening after that; null where none is known. */
  opens_at: string | null;
  entries: BoardEntry[];
}

export interface HeartbeatFrame extends Frame {
  type: "heartbeat";
  revision: number;
  server_time: string;
  /** The server can't vouch for what is on show at present. */
  stale: boolean;
}

/** Staff have changed this display's settings. */
export interface SettingsFrame extends Frame {
  type: "settings";
}

export type DisplayFrame = BoardFrame | HeartbeatFrame | SettingsFrame;

export interface Places {
  now: BoardEntry | null;
  before: BoardEntry[];
  next: BoardEntry[];
}

const BEFORE_AT_MOST = 3;
const BEFORE_FOR_MS = 15 * 60_000;

function calledAt(entry: BoardEntry): number {
  return entry.called_at ? new Date(entry.called_at).getTime() : 0;
}

/**
 * The newest call is the big one. All other calls, and those who went in during the last quarter of
 * an hour as far as there is room, stand below it; the rest wait, in the server's order.
 */
export function places(entries: readonly BoardEntry[], now: number): Places {
  const newestFirst = (a: BoardEntry, b: BoardEntry) => calledAt(b) - calledAt(a);
  const called = entries.filter((entry) => entry.state === "called").sort(newestFirst);
  const recent = entries
    .filter((entry) => entry.state === "in_room" && now - calledAt(entry) < BEFORE_FOR_MS)
    .sort(newestFirst);
  const others = called.slice(1);
  return {
    now: called[0] ?? null,
    before: others.concat(recent.slice(0, Math.max(0, BEFORE_AT_MOST - others.length))),
    next: entries.filter((entry) => entry.state === "waiting"),
  };
}

/** The opening that the closed clinic waits for; null while it is open, or somebody is still there. */
export function awaitedOpening(
  board: Pick<BoardFrame, "closes_at" | "opens_at" | "entries">,
  now: number,
): number | null {
  if (board.entries.length || !board.opens_at) return null;
  const opens = new Date(board.opens_at).getTime();
  const isOpen = board.closes_at !== null && now < new Date(board.closes_at).getTime();
  return isOpen || now >= opens ? null : opens;
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
