/** What staff have set for this screen, and what follows from it. */

import type { BoardEntry, DailyHours, DisplaySettings, ScreenReport } from "@/lib/api/types";

/** What a screen does while it can't be told: it keeps no call from anybody. */
export const USUAL_SETTINGS: DisplaySettings = {
  rooms: [],
  panel: null,
  volume: 100,
  quiet: null,
  night: { starts: "21:00", ends: "06:00" },
};

export function ofRooms(entries: readonly BoardEntry[], rooms: readonly string[]): BoardEntry[] {
  return entries.filter(({ room }) => rooms.length === 0 || rooms.includes(room));
}

export function isWithin(hours: DailyHours | null, time: string): boolean {
  if (!hours) return false;
  const { starts, ends } = hours;
  return starts < ends ? starts <= time && time < ends : starts <= time || time < ends;
}

/** Whether the next call is heard, and if not, why. */
export function soundOf(
  settings: DisplaySettings,
  time: string,
  isAllowed: boolean,
): ScreenReport["sound"] {
  if (settings.volume === 0) return "muted";
  if (isWithin(settings.quiet, time)) return "quiet";
  return isAllowed ? "on" : "blocked";
}

/** EN 301 549, 5.1.4: a capital H under this angle can be read from the farthest seat. */
const CAPITAL_DEGREES = 0.7;
const CAPITAL_EMS = 0.7;
const MM_PER_INCH = 25.4;

/** Sizes of type in hundredths of the panel's shorter side. */
export interface TypeSizes {
  label: number;
  ticket: number;
  room: number;
  roomWords: number;
  /** How much larger than usual: who was called before, and who waits. */
  before: number;
  next: number;
}

const USUAL = { label: 18, ticket: 9, room: 21, roomWords: 11, before: 6.2, next: 4.9 };
/** Beyond these a call or a list no longer has a place on its panel. */
const CALL_AT_MOST = 24;
const TICKET_AT_MOST = 16;
const NEXT_AT_MOST = 1.7;

/** The call by the angle, the rest by half of it; neither ever smaller than usual. */
export function typeSizes(
  panel: DisplaySettings["panel"],
  { width, height }: { width: number; height: number },
): TypeSizes {
  const needed = panel ? Math.min(CALL_AT_MOST, neededSize(panel, width, height)) : 0;
  const lists = (usual: number) => Math.min(NEXT_AT_MOST, Math.max(1, needed / 2 / usual));
  return {
    label: Math.max(USUAL.label, needed),
    ticket: Math.min(TICKET_AT_MOST, Math.max(USUAL.ticket, needed)),
    room: Math.max(USUAL.room, needed),
    roomWords: Math.max(USUAL.roomWords, needed),
    before: lists(USUAL.before),
    next: lists(USUAL.next),
  };
}

function neededSize(
  { inches, farthest_seat_metres }: NonNullable<DisplaySettings["panel"]>,
  width: number,
  height: number,
): number {
  const sideMm =
    (inches * MM_PER_INCH * Math.min(width, height)) / Math.sqrt(width * width + height * height);
  const capitalMm =
    Number(farthest_seat_metres) * 1000 * Math.tan((CAPITAL_DEGREES * Math.PI) / 180);
  return (capitalMm / CAPITAL_EMS / sideMm) * 100;
}
