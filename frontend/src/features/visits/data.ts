import {
  infiniteQueryOptions,
  queryOptions,
  skipToken,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { Appointment, AppointmentStatus, LabelChoice, Visit } from "@/lib/api/types";

export const appointmentsQuery = infiniteQueryOptions({
  queryKey: ["appointments", "list"],
  queryFn: ({ pageParam }) =>
    body(api.GET("/api/appointments", { params: { query: { page: pageParam } } })),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
});

/** How many appointments are open: held, booked, or going on. Read anew each time it is needed. */
export const openVisitsQuery = queryOptions({
  queryKey: ["appointments", "open"],
  queryFn: () =>
    body(
      api.GET("/api/appointments", {
        params: { query: { status: "pending,booked,arrived,called,in_progress" } },
      }),
    ),
  select: (page) => page.count,
  staleTime: 0,
});

export const appointmentQuery = (id: string) =>
  queryOptions({
    queryKey: ["appointments", "one", id],
    queryFn: () => body(api.GET("/api/appointments/{id}", { params: { path: { id } } })),
  });

/** A visit as the socket last told it; never fetched. */
export const visitQuery = (id: string) =>
  queryOptions<Visit>({ queryKey: ["visit", id], queryFn: skipToken, staleTime: Infinity });

const OVER: readonly AppointmentStatus[] = ["fulfilled", "expired", "cancelled", "no_show"];

export function isOver(status: AppointmentStatus): boolean {
  return OVER.includes(status);
}

/** Booked, and its time has passed: whoever comes now is helped at the desk. */
export function isMissed({ status, end }: Pick<Visit, "status" | "end">, now: number): boolean {
  return status === "booked" && new Date(end).getTime() <= now;
}

/** Patients read three words over the states, and the few sad ones by name. */
export type PatientWord = "pending" | "booked" | "finished" | "expired" | "cancelled" | "no_show";

export function patientWord(status: AppointmentStatus): PatientWord {
  if (status === "fulfilled") return "finished";
  if (status === "arrived" || status === "called" || status === "in_progress") return "booked";
  return status;
}

/** Splits a list that is newest first: what is still to come, soonest first, and what is over. */
export function upcomingAndPast(appointments: readonly Appointment[], now: number) {
  const isPast = (one: Appointment) =>
    isOver(one.status) || (one.status !== "in_progress" && new Date(one.end).getTime() < now);
  return {
    upcoming: appointments
      .filter((one) => !isPast(one))
      .sort((a, b) => new Date(a.start).getTime() - new Date(b.start).getTime()),
    past: appointments.filter(isPast),
  };
}

function useChange<V>(change: (variables: V) => Promise<Appointment>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (appointment) => {
      client.setQueryData(appointmentQuery(appointment.id).queryKey, appointment);
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["appointments"] }),
        client.invalidateQueries({ queryKey: ["slots"] }),
      ]),
  });
}

export function useCancel() {
  return useChange((id: string) =>
    body(api.POST("/api/appointments/{id}/cancel", { params: { path: { id } } })),
  );
}

export function useReschedule(id: string) {
  return useChange((move: { start: string; practitioner?: string }) =>
    body(api.POST("/api/appointments/{id}/reschedule", { params: { path: { id } }, body: move })),
  );
}

export function useVisitLabel(id: string) {
  return useChange((choice: LabelChoice) =>
    body(
      api.PATCH("/api/appointments/{id}", {
        params: { path: { id } },
        body: { label_choice: choice },
      }),
    ),
  );
}

/** The path of a checkout address, so that paying stays inside the app. */
export function checkoutPath(url: string): string {
  return new URL(url, location.origin).pathname;
}

export function calendarHref(id: string): string {
  return `/api/appointments/${id}/calendar.ics`;
}
