import {
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { api, body, session } from "@/lib/api/client";
import { isProblem } from "@/lib/api/problem";
import type {
  BusyProblem,
  Day,
  InTheWay,
  LiveFrame,
  StaffAnswer,
  StaffAppointment,
} from "@/lib/api/types";
import { civilDate, type CivilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { revisionGate, type LiveState } from "@/lib/live";
import { useLive } from "@/lib/useLive";
import { afterAim } from "./aim";
import { findAppointment, newest, withAppointment } from "./column";

export const dayQuery = (date: CivilDate) =>
  queryOptions({
    queryKey: ["day", date],
    queryFn: async ({ client, queryKey }) => {
      const day = await body(api.GET("/api/staff/day", { params: { query: { date } } }));
      return newest(client.getQueryData<Day>(queryKey), day);
    },
  });

export interface LiveDay {
  day: Day | undefined;
  link: LiveState;
  /** The server's time at which what is shown was last known to be true. */
  confirmedAt: number;
  /** How it is read over HTTP. */
  reading: Pick<UseQueryResult, "isPending" | "error" | "refetch">;
}

/**
 * Today, pushed by the server; read over HTTP at first and when a frame was missed. What others do
 * waits for a moment while somebody aims at a button.
 */
export function useLiveDay(): LiveDay {
  const client = useQueryClient();
  const today = civilDate(serverClock.now());
  const query = useQuery({ ...dayQuery(today), refetchOnWindowFocus: false });
  const [gate] = useState(revisionGate);
  const [confirmedAt, setConfirmedAt] = useState(0);
  const fetching = useRef(false);

  function onFrame(frame: LiveFrame) {
    if (frame.type === "day" && gate.accept(frame.revision)) {
      afterAim(() => {
        client.setQueryData(dayQuery(frame.date).queryKey, (shown) => newest(shown, frame));
      });
    }
    if (frame.type === "heartbeat" && gate.isBehind(frame.revision) && !fetching.current) {
      fetching.current = true;
      void client.invalidateQueries({ queryKey: ["day"] }).finally(() => {
        fetching.current = false;
      });
    }
    if (frame.type !== "heartbeat" || !frame.stale) setConfirmedAt(serverClock.now());
  }

  const { state } = useLive({
    path: "/ws/staff",
    onFrame,
    beforeReconnect: () => session.refresh(),
  });

  return { day: query.data, link: state, confirmedAt, reading: query };
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

/** What a press may find in its way; with `override` that ends instead. */
type Entry = "call" | "start";

export type Press =
  | { action: Exclude<Move, "undo" | Entry>; appointment: string }
  | { action: Entry; appointment: string; override?: true }
  /** Takes back the press beside which this stood, and no newer one. */
  | { action: "undo"; appointment: string; undo_until: string | null }
  | { action: "move-room"; appointment: string; room: string; override?: true }
  /** `was` is the note that the writer had before them. */
  | { action: "note"; appointment: string; note: string; was: string };

/** After this long without an answer a press can be made again: none of them counts twice. */
const ANSWER_WITHIN_MS = 10_000;

function send(press: Press): Promise<StaffAnswer> {
  const params = { path: { id: press.appointment } };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  switch (press.action) {
    case "move-room":
      return body(
        api.POST("/api/staff/appointments/{id}/move-room", {
          params,
          signal,
          body: { room: press.room, override: press.override ?? false },
        }),
      );
    case "note":
      return body(
        api.PATCH("/api/staff/appointments/{id}", {
          params,
          signal,
          body: { note: press.note, was: press.was },
        }),
      );
    case "undo":
      return body(
        api.POST("/api/staff/appointments/{id}/undo", {
          params,
          signal,
          body: press.undo_until === null ? {} : { undo_until: press.undo_until },
        }),
      );
    case "call":
    case "start":
      return body(
        api.POST(`/api/staff/appointments/{id}/${press.action}`, {
          params,
          signal,
          body: { override: press.override ?? false },
        }),
      );
    default:
      return body(api.POST(`/api/staff/appointments/{id}/${press.action}`, { params, signal }));
  }
}

/** The treatments under way that a press was refused for. */
export function inTheWay(error: unknown): InTheWay[] {
  return isProblem(error, "busy") ? ((error.body as BusyProblem).in_the_way ?? []) : [];
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

/** What today's list says of an appointment: as it is known here, and read anew. */
export function useAppointments() {
  const client = useQueryClient();
  const known = useCallback(
    (id: string): StaffAppointment | undefined =>
      findAppointment(client.getQueryData(dayQuery(civilDate(serverClock.now())).queryKey), id),
    [client],
  );
  const fresh = useCallback(
    async (id: string): Promise<StaffAppointment | undefined> => {
      const today = civilDate(serverClock.now());
      return findAppointment(await client.query({ ...dayQuery(today), staleTime: 0 }), id);
    },
    [client],
  );
  return { known, fresh };
}

export interface DeskBooking {
  patient?: string;
  new_patient?: { full_name: string; phone: string; language: "pt" | "en" };
  specialty: string;
  practitioner?: string;
  start?: string;
}

/**
 * Books for somebody, or takes a walk-in now when no start is given. The same wish sent again, after
 * no answer came, is one booking.
 */
export function useDeskBooking() {
  const client = useQueryClient();
  const attempt = useRef<{ wish: string; key: string } | null>(null);
  return useMutation({
    mutationFn: (booking: DeskBooking) => {
      const wish = JSON.stringify(booking);
      if (attempt.current?.wish !== wish) attempt.current = { wish, key: crypto.randomUUID() };
      return body(
        api.POST("/api/staff/appointments", {
          params: { header: { "Idempotency-Key": attempt.current.key } },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
          body: booking,
        }),
      );
    },
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["day"] }),
        client.invalidateQueries({ queryKey: ["slots"] }),
      ]),
  });
}
