/** How long ago something was, as people say it: fine at first, then coarser. */

export type Ago =
  { kind: "now" } | { kind: "seconds" | "minutes"; count: number } | { kind: "at"; at: number };

const JUST_NOW_SECONDS = 5;

export function ago(instant: string, now: number): Ago {
  const at = new Date(instant).getTime();
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < JUST_NOW_SECONDS) return { kind: "now" };
  if (seconds < 60) return { kind: "seconds", count: seconds };
  if (seconds < 3600) return { kind: "minutes", count: Math.floor(seconds / 60) };
  return { kind: "at", at };
}
