import { queryOptions, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { api } from "@/lib/api/client";
import { isProblem } from "@/lib/api/problem";
import type { LinkedVisit } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { ANSWER_MS } from "@/lib/deadline";
import { suggestLanguage } from "@/lib/language";
import { useServerNow, useToday } from "@/lib/useNow";
import { useOnline } from "@/lib/useOnline";
import { listenForTouch } from "./alerts";
import type { Freshness } from "./Connection";
import { useLiveVisits } from "./live";
import { useCallOut } from "./useCallOut";

export const NEAR_MS = 5000;
export const FAR_MS = 60_000;
/** An answer that takes longer leaves what is shown in doubt, though it may still come. */
const USUAL_ANSWER_MS = 2000;

interface Held {
  visit: LinkedVisit;
  etag: string;
  /** The server's time at which this was last true. */
  asOf: number;
}

/** How long until the next reading: short on the day itself, when the patient may arrive at any
 * moment, and never once nothing can come. */
function pause(held: Held | undefined, error: unknown): number | false {
  if (isProblem(error)) {
    if (error.code === "link_invalid" || error.code === "link_over") return false;
    if (error.retryAfter !== null) return Math.max(NEAR_MS, error.retryAfter * 1000);
  }
  if (!held) return NEAR_MS;
  const { status, start } = held.visit;
  const isToday = civilDate(start) === civilDate(serverClock.now());
  return status === "arrived" || status === "called" || (status === "booked" && isToday)
    ? NEAR_MS
    : FAR_MS;
}

/** One visit by its link. Rests while the page is hidden, and is read at once when it is seen again. */
const linkedVisitQuery = (token: string) =>
  queryOptions({
    queryKey: ["linked-visit", token],
    queryFn: async ({ client, queryKey }): Promise<Held> => {
      const held = client.getQueryData<Held>(queryKey);
      const { data, response } = await api.GET("/api/visits/{token}", {
        params: { path: { token }, ...(held ? { header: { "If-None-Match": held.etag } } : {}) },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const asOf = serverClock.now();
      if (data) return { visit: data, etag: response.headers.get("ETag") ?? "", asOf };
      if (held) return { ...held, asOf };
      throw new Error("the server took nothing for something held");
    },
    // The next reading is the second try: until then the page says that it has no connection.
    retry: false,
    refetchInterval: ({ state }) => pause(state.data, state.error),
    refetchOnWindowFocus: "always",
    refetchOnReconnect: "always",
    staleTime: 0,
  });

export type Followed =
  | { kind: "invalid" | "over" }
  | { kind: "awaited"; visit: Pick<UseQueryResult, "isPending" | "error" | "refetch"> }
  | { kind: "visit"; visit: LinkedVisit; freshness: Freshness; asOf: number };

/** The visit of a link as it is now; calls the patient out when it is their turn. */
export function useLinkedVisit(token: string): Followed {
  const read = useQuery(linkedVisitQuery(token));
  const { data, error } = read;
  const { visits } = useLiveVisits();
  const today = useToday();
  const now = useServerNow(1000);
  const isOnline = useOnline();
  const callOut = useCallOut();

  useEffect(() => listenForTouch(), []);

  const visit = data?.visit;
  const take = useEffectEvent((read: LinkedVisit) => {
    suggestLanguage(read.language);
    // Where the patient is logged in on this page, the socket calls them out.
    if (!visits.some((one) => one.ticket !== "" && one.ticket === read.ticket)) {
      callOut(token, read);
    }
  });
  useEffect(() => {
    if (visit) take(visit);
  }, [visit]);

  if (isProblem(error, "link_invalid")) return { kind: "invalid" };
  if (isProblem(error, "link_over")) return { kind: "over" };
  if (!data) return { kind: "awaited", visit: read };
  if (civilDate(data.visit.start) < today) return { kind: "over" };
  const isOld = now - data.asOf > (pause(data, null) || FAR_MS) + USUAL_ANSWER_MS;
  return {
    kind: "visit",
    visit: data.visit,
    freshness: error || !isOnline ? "lost" : isOld ? "old" : "fresh",
    asOf: data.asOf,
  };
}
