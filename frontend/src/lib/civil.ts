/**
 * Civil dates ("2026-11-27") and instants, kept apart. Every reading of an instant as a day or a
 * time of day happens in the clinic's zone, whatever the zone of the device.
 */

/** The page says it (the API's `time_zone`); one that nobody served, as in a test, is Lisbon's. */
export const CLINIC_ZONE = document.documentElement.dataset.timeZone ?? "Europe/Lisbon";

export type CivilDate = string;
export type Instant = string | number | Date;

const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: CLINIC_ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

function read(instant: Instant): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of parts.formatToParts(new Date(instant))) found[part.type] = part.value;
  return found;
}

/** The clinic's date at an instant. */
export function civilDate(instant: Instant): CivilDate {
  const { year, month, day } = read(instant);
  return `${year ?? ""}-${month ?? ""}-${day ?? ""}`;
}

/** The clinic's wall clock at an instant, `HH:MM`. */
export function civilTime(instant: Instant): string {
  const { hour, minute } = read(instant);
  return `${hour ?? ""}:${minute ?? ""}`;
}

/** The hour of the clinic's wall clock, 0 to 23. */
export function civilHour(instant: Instant): number {
  return Number(read(instant).hour);
}

function noon(date: CivilDate): Date {
  return new Date(`${date}T12:00:00Z`);
}

export function addDays(date: CivilDate, days: number): CivilDate {
  const moved = noon(date);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** Whole days from one date to another. */
export function daysBetween(from: CivilDate, to: CivilDate): number {
  return Math.round((noon(to).getTime() - noon(from).getTime()) / 86_400_000);
}

/** 0 is Sunday. */
export function weekday(date: CivilDate): number {
  return noon(date).getUTCDay();
}

/** An instant that lies safely inside a civil date, for formatting. */
export function instantOf(date: CivilDate): Date {
  return noon(date);
}

/** Full years of age on a day, or null where the birth date is unknown or malformed. */
export function ageOn(birthDate: CivilDate | null | undefined, today: CivilDate): number | null {
  if (!birthDate || !/^\d{4}-\d{2}-\d{2}$/.test(birthDate)) return null;
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
