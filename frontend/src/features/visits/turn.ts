import type { Visit } from "@/lib/api/types";

/** A call that old when the page opens is no news: who reads the page sees it anyway. */
export const FRESH_MS = 60_000;

export type Call = Pick<Visit, "status" | "call_number" | "called_at">;

export interface TurnGate {
  /** True when this call has not been announced yet; it then counts as announced. */
  accept: (visit: string, call: Call, now: number) => boolean;
}

/** Lets every call of a visit through once, a repeated one too: its number is higher. */
export function turnGate(): TurnGate {
  const told = new Map<string, number>();
  return {
    accept(visit, { status, call_number, called_at }, now) {
      const before = told.get(visit);
      told.set(visit, Math.max(call_number, before ?? 0));
      if (status !== "called" || call_number <= (before ?? 0)) return false;
      if (before !== undefined) return true;
      return called_at !== null && now - new Date(called_at).getTime() <= FRESH_MS;
    },
  };
}
