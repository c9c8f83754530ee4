/** What the waiting room sees, and what of it deserves which place. */

import type { Board, BoardEntry } from "@/lib/api/types";

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
  board: Pick<Board, "closes_at" | "opens_at" | "entries">,
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
