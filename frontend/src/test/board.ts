import type { BoardEntry } from "@/lib/api/types";

/** Somebody who waits before room 1, but for what the test says. */
export function boardEntry(changes: Partial<BoardEntry>): BoardEntry {
  return {
    id: "00000000-0000-4000-8000-000000000001",
    ticket: "A001",
    label: "Ana M.",
    room: "1",
    state: "waiting",
    call_number: 0,
    called_at: null,
    wait: null,
    ...changes,
  };
}
