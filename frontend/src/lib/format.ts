import type { Wait } from "./api/types";
import { civilTime, CLINIC_ZONE, instantOf, type CivilDate, type Instant } from "./civil";

export type Language = "pt" | "en";

export const LOCALES: Readonly<Record<Language, string>> = { pt: "pt-PT", en: "en-GB" };

const NBSP = "\u00a0";
const formatters = new Map<string, Intl.DateTimeFormat>();

function part(date: CivilDate, language: Language, options: Intl.DateTimeFormatOptions): string {
  const key = `${language} ${JSON.stringify(options)}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(LOCALES[language], { timeZone: "UTC", ...options });
    formatters.set(key, formatter);
  }
  return formatter.format(instantOf(date));
}

function short(word: string): string {
  return word.slice(0, 3);
}

/** `sex` / `Fri`. */
export function formatWeekday(date: CivilDate, language: Language): string {
  return short(part(date, language, { weekday: "long" }));
}

/** `sexta` / `Friday`. */
export function formatWeekdayLong(date: CivilDate, language: Language): string {
  return part(date, language, { weekday: "long" }).replace("-feira", "");
}

export function formatDayNumber(date: CivilDate): string {
  return String(Number(date.slice(8, 10)));
}

/** `nov` / `Nov`. */
export function formatMonth(date: CivilDate, language: Language): string {
  return short(part(date, language, { month: "long" }));
}

/** `novembro de 2026` / `November 2026`. */
export function formatMonthLong(date: CivilDate, language: Language): string {
  return part(date, language, { month: "long", year: "numeric" });
}

/** `sex, 27 nov`. */
export function formatDay(date: CivilDate, language: Language): string {
  return `${formatWeekday(date, language)}, ${formatDayNumber(date)}${NBSP}${formatMonth(date, language)}`;
}

/** `sexta, 27 de novembro` / `Friday, 27 November`. */
export function formatDayLong(date: CivilDate, language: Language): string {
  const month = part(date, language, { month: "long" });
  const of = language === "pt" ? " de " : " ";
  return `${formatWeekdayLong(date, language)}, ${formatDayNumber(date)}${of}${month}`;
}

/** `27 nov 2026`: for lists that reach across years. */
export function formatDate(date: CivilDate, language: Language): string {
  return `${formatDayNumber(date)} ${formatMonth(date, language)} ${date.slice(0, 4)}`;
}

/** `10:30`, on the clinic's wall clock. */
export function formatTime(instant: Instant): string {
  return civilTime(instant);
}

const money = new Map<Language, Intl.NumberFormat>();

/** A decimal string in euro: `40,00 €` with a non-breaking space, or `€40.00` in English. */
export function formatMoney(amount: string, language: Language): string {
  let formatter = money.get(language);
  if (!formatter) {
    formatter = new Intl.NumberFormat(language === "pt" ? "pt-PT" : "en-IE", {
      style: "currency",
      currency: "EUR",
    });
    money.set(language, formatter);
  }
  return formatter.format(Number(amount)).replace(/\s/g, NBSP);
}

/** Like formatMoney without the cents when they are nought: `40 €`. For catalogues only. */
export function formatPrice(amount: string, language: Language): string {
  return formatMoney(amount, language).replace(/[,.]00(?=\D|$)/, "");
}

/** `999 012 373`. */
export function groupDigits(digits: string): string {
  return digits.replace(/\D/g, "").replace(/(\d{3})(?=\d)/g, `$1${NBSP}`);
}

export type WaitWords = { kind: "any_moment" } | { kind: "range"; low: number; high: number };

/** A wait in steps of five minutes; near ones are "any moment" rather than a number. */
export function waitWords(wait: Wait): WaitWords {
  const low = Math.max(0, Math.floor(wait.low_minutes / 5) * 5);
  const high = Math.max(low + 5, Math.ceil(wait.high_minutes / 5) * 5);
  return high <= 5 ? { kind: "any_moment" } : { kind: "range", low, high };
}

/** `12:40` for a number of seconds that is left; never negative. */
export function formatCountdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

export { CLINIC_ZONE };
