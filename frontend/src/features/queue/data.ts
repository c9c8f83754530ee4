import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { api, body, session } from "@/lib/api/client";
import type { Day, LiveFrame, StaffAppointment } from "@/lib/api/types";
import { civilDate, type CivilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { revisionGate, type LiveState } from "@/lib/live";
import { useLive } from "@/lib/useLive";
import { withAppointment } from "./column";

export const dayQuery = (date: CivilDate) =>
  queryOptions({
    queryKey: ["day", date],
    queryFn: () => body(api.GET("/api/staff/day", { params: { query: { date } } })),
  });

export const roomsQuery = queryOptions({
  queryKey: ["rooms"],
  queryFn: () => body(api.GET("/api/staff/rooms")),
  staleTime: 10 * 60_000,
});

export const patientsQuery = (search: string) =>
  queryOptions({
    queryKey: ["patients", search],
    queryFn: () => body(api.GET("/api/staff/patients", { params: { query: { search } } })),
    enabled: search.trim().length >= 2,
    staleTime: 30_000,
  });

export const specialtiesQuery = queryOptions({
  queryKey: ["specialties"],
  queryFn: () => body(api.GET("/api/specialties")),
  staleTime: 10 * 60_000,
});

export const practitionersQuery = queryOptions({
  queryKey: ["practitioners"],
  queryFn: () => body(api.GET("/api/practitioners", { params: {} })),
  staleTime: 10 * 60_000,
});

export const waitReportQuery = (days: number) =>
  queryOptions({
    queryKey: ["waits", days],
    queryFn: () => body(api.GET("/api/staff/reports/waits", { params: { query: { days } } })),
    staleTime: 60_000,
  });

export const slotsQuery = (specialty: string, practitioner: string, date: CivilDate) =>
  queryOptions({
    queryKey: ["slots", specialty, practitioner, date],
    queryFn: () =>
      body(
        api.GET("/api/slots", {
          params: {
            query: {
              specialty,
              ...(practitioner ? { practitioner } : {}),
              from: date,
              to: date,
            },
          },
        }),
      ),
    enabled: specialty !== "",
    staleTime: 10_000,
  });

export interface LiveDay {
  day: Day | undefined;
  link: LiveState;
  /** The server's time at which what is shown was last known to be true. */
  confirmedAt: number;
  error: unknown;
}

/** Today, pushed by the server; read over HTTP at first and when a frame was missed. */
export function useLiveDay(): LiveDay {
  const client = useQueryClient();
  const today = civilDate(serverClock.now());
  const query = useQuery({ ...dayQuery(today), refetchOnWindowFocus: false });
  const [gate] = useState(revisionGate);
  const [confirmedAt, setConfirmedAt] = useState(0);
  const fetching = useRef(false);

  function onFrame(frame: LiveFrame) {
    if (frame.type === "day" && gate.accept(frame.revision)) {
      client.setQueryData(dayQuery(frame.date).queryKey, frame);
    }
    if (frame.type === "heartbeat" && gate.isBehind(frame.revision) && !fetching.current) {
      fetching.current = true;
      void client.invalidateQueries({ queryKey: ["day"] }).finally(() => {
        fetching.current = false;
      });
    }
    setConfirmedAt(serverClock.now());
  }

  const { state } = useLive({
    path: "/ws/staff",
    onFrame,
    beforeReconnect: () => session.refresh(),
  });

  return { day: query.data, link: state, confirmedAt, error: query.error };
}

export type Move =
  | "arrive"
  | "call"
  | "call-again"
  | "start"
  | "finish"
  | "no-show"
  | "put-back"
  | "cancel"
  | "undo";

/** How long the server lets a press be taken back. */
export const UNDO_MS = 60_000;
export const UNDOABLE: ReadonlySet<Move> = new Set([
  "arrive",
  "call",
  "start",
  "finish",
  "no-show",
]);

export type Press =
  | { action: Move; appointment: string }
  | { action: "move-room"; appointment: string; room: string }
  | { action: "note"; appointment: string; note: string };

function send(press: Press): Promise<StaffAppointment> {
  const params = { path: { id: press.appointment } };
  if (press.action === "move-room") {
    return body(
      api.POST("/api/staff/appointments/{id}/move-room", { params, body: { room: press.room } }),
    );
  }
  if (press.action === "note") {
    return body(api.PATCH("/api/staff/appointments/{id}", { params, body: { note: press.note } }));
  }
  return body(api.POST(`/api/staff/appointments/{id}/${press.action}`, { params }));
}

/** One press of one button. The answer is shown at once; the socket only confirms it. */
export function usePress() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: (changed) => {
      client.setQueryData(dayQuery(civilDate(changed.start)).queryKey, (day) =>
        day ? withAppointment(day, changed) : day,
      );
    },
    onError: () => void client.invalidateQueries({ queryKey: ["day"] }),
  });
}

/** Reads the day anew: what has become of one of its appointments. */
export function useFreshAppointment() {
  const client = useQueryClient();
  return useCallback(
    async (id: string): Promise<StaffAppointment | undefined> => {
      const day = await client.query({ ...dayQuery(civilDate(serverClock.now())), staleTime: 0 });
      return day.practitioners
        .flatMap((practitioner) => practitioner.appointments)
        .find((appointment) => appointment.id === id);
    },
    [client],
  );
}

export interface DeskBooking {
  patient?: string;
  new_patient?: { full_name: string; phone: string; language: "pt" | "en" };
  specialty: string;
  practitioner?: string;
  start?: string;
}

/** Books for somebody, or takes a walk-in now when no start is given. */
export function useDeskBooking() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (booking: DeskBooking) =>
      body(api.POST("/api/staff/appointments", { body: booking })),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["day"] }),
        client.invalidateQueries({ queryKey: ["slots"] }),
      ]),
  });
}
