import { queryOptions } from "@tanstack/react-query";
import type { CivilDate } from "../civil";
import { api, body } from "./client";

/** What the clinic offers, by whom, where and when: patients and staff read the same. */

const SELDOM_CHANGED_MS = 10 * 60_000;

export const specialtiesQuery = queryOptions({
  queryKey: ["specialties"],
  queryFn: () => body(api.GET("/api/specialties")),
  staleTime: SELDOM_CHANGED_MS,
});

/** Everybody who treats, or those of one specialty; nobody while that isn't chosen (`""`). */
export const practitionersQuery = (specialty: string | null) =>
  queryOptions({
    queryKey: ["practitioners", specialty],
    queryFn: () =>
      body(api.GET("/api/practitioners", { params: { query: specialty ? { specialty } : {} } })),
    staleTime: SELDOM_CHANGED_MS,
    enabled: specialty !== "",
  });

export const roomsQuery = queryOptions({
  queryKey: ["rooms"],
  queryFn: () => body(api.GET("/api/staff/rooms")),
  staleTime: SELDOM_CHANGED_MS,
});

interface Wish {
  /** Nothing is free while it isn't chosen (`""`). */
  specialty: string;
  /** `""`: whoever is free. */
  practitioner: string;
  from: CivilDate;
  to: CivilDate;
}

export const slotsQuery = ({ specialty, practitioner, from, to }: Wish) =>
  queryOptions({
    queryKey: ["slots", specialty, practitioner, from, to],
    queryFn: () =>
      body(
        api.GET("/api/slots", {
          params: { query: { specialty, ...(practitioner ? { practitioner } : {}), from, to } },
        }),
      ),
    staleTime: 10_000,
    enabled: specialty !== "",
  });
