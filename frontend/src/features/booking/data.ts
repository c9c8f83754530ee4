import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { Slot } from "@/lib/api/types";
import { addDays, civilDate, civilHour, type CivilDate } from "@/lib/civil";

/** How far ahead the day strip reaches. */
export const DAYS_AHEAD = 28;

export const specialtiesQuery = queryOptions({
  queryKey: ["specialties"],
  queryFn: () => body(api.GET("/api/specialties")),
  staleTime: 10 * 60_000,
});

export const practitionersQuery = (specialty: string) =>
  queryOptions({
    queryKey: ["practitioners", specialty],
    queryFn: () => body(api.GET("/api/practitioners", { params: { query: { specialty } } })),
    staleTime: 10 * 60_000,
    enabled: specialty !== "",
  });

export const slotsQuery = (specialty: string, practitioner: string, from: CivilDate) =>
  queryOptions({
    queryKey: ["slots", specialty, practitioner, from],
    queryFn: () =>
      body(
        api.GET("/api/slots", {
          params: {
            query: {
              specialty,
              ...(practitioner ? { practitioner } : {}),
              from,
              to: addDays(from, DAYS_AHEAD - 1),
            },
          },
        }),
      ),
    staleTime: 10_000,
    refetchInterval: 60_000,
    placeholderData: (previous, query) => (query?.queryKey[1] === specialty ? previous : undefined),
    enabled: specialty !== "",
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
