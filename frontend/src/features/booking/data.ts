import { useMutation, useQueryClient } from "@tanstack/react-query";
import { slotsQuery } from "@/lib/api/catalogue";
import { api, body } from "@/lib/api/client";
import type { Slot } from "@/lib/api/types";
import { addDays, civilDate, civilHour, type CivilDate } from "@/lib/civil";

/** How far ahead the day strip reaches. */
export const DAYS_AHEAD = 28;

/** The free times of the strip's days. A practitioner's stay in sight until the next one's are there. */
export const stripQuery = (specialty: string, practitioner: string, from: CivilDate) => ({
  ...slotsQuery({ specialty, practitioner, from, to: addDays(from, DAYS_AHEAD - 1) }),
  refetchInterval: 60_000,
  placeholderData: (previous: Slot[] | undefined, query?: { queryKey: readonly unknown[] }) =>
    query?.queryKey[1] === specialty ? previous : undefined,
});

export interface DayTimes {
  date: CivilDate;
  /** Start instants, in order, each once however many therapists are free. */
  starts: string[];
}

/** The strip's days with the free starts of each. */
export function daysOf(slots: readonly Slot[], from: CivilDate): DayTimes[] {
  const byDay = new Map<CivilDate, Map<number, string>>();
  for (const slot of slots) {
    const date = civilDate(slot.start);
    const starts = byDay.get(date) ?? new Map<number, string>();
    starts.set(new Date(slot.start).getTime(), slot.start);
    byDay.set(date, starts);
  }
  return Array.from({ length: DAYS_AHEAD }, (_, index) => {
    const date = addDays(from, index);
    const starts = [...(byDay.get(date) ?? new Map<number, string>())];
    return { date, starts: starts.sort(([a], [b]) => a - b).map(([, start]) => start) };
  });
}

export type PartOfDay = "morning" | "afternoon" | "evening";

export function partOfDay(start: string): PartOfDay {
  const hour = civilHour(start);
  if (hour < 13) return "morning";
  return hour < 19 ? "afternoon" : "evening";
}

export function sameInstant(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && new Date(a).getTime() === new Date(b).getTime();
}

/** Holds a slot. The appointment comes back waiting for payment. */
export function useHold() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (choice: { specialty: string; practitioner?: string; start: string }) =>
      body(api.POST("/api/appointments", { body: choice })),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["slots"] });
      void client.invalidateQueries({ queryKey: ["appointments"] });
    },
  });
}
