/** How a screen is, from what it said last. */

import type { Device } from "@/lib/api/types";

/** It reports every 30 seconds: after three that didn't come something is wrong. */
const UNSEEN_MS = 90_000;

export type Trouble = "unseen" | "silent" | "stale" | "blocked" | "old";

/** The latest sign of life; null where there was none. */
export function lastSeen(device: Device): number | null {
  const signs = [device.last_seen_at, device.status?.reported_at ?? null];
  const moments = signs.filter((sign) => sign !== null).map((sign) => Date.parse(sign));
  return moments.length ? Math.max(...moments) : null;
}

/** What staff should see to, the worst first. What a silent screen said is no longer true. */
export function troubles(device: Device, now: number, version: string | null): Trouble[] {
  if (device.kind !== "display" || !device.paired_at) return [];
  const { status } = device;
  if (now - (lastSeen(device) ?? 0) > UNSEEN_MS) return ["unseen"];
  // Its socket is open, and yet the page does not speak.
  if (!status || now - Date.parse(status.reported_at) > UNSEEN_MS) return ["silent"];
  const found: Trouble[] = [];
  if (status.board === "stale") found.push("stale");
  if (status.sound === "blocked") found.push("blocked");
  if (isOld(status.version, version)) found.push("old");
  return found;
}

function isOld(own: string, served: string | null): boolean {
  return own !== "" && served !== null && own !== served;
}

export interface Ago {
  unit: "seconds" | "minutes" | "hours" | "days";
  count: number;
}

/** A span in one number, seconds in tens: "há 20 s". */
export function ago(ms: number): Ago {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return { unit: "seconds", count: Math.round(seconds / 10) * 10 };
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return { unit: "minutes", count: minutes };
  const hours = Math.round(minutes / 60);
  return hours < 36
    ? { unit: "hours", count: hours }
    : { unit: "days", count: Math.round(hours / 24) };
}
