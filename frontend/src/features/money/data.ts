import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useRef } from "react";
import { api, body, session } from "@/lib/api/client";
import type {
  InvoicingRules,
  InvoicingRulesChange,
  NewSeries,
  PaymentStatus,
  RefundWish,
} from "@/lib/api/types";
import { addDays, civilDate, type CivilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { download } from "@/lib/download";

const ROOT = "money";

export const today = (): CivilDate => civilDate(serverClock.now());

export const summaryQuery = (days: number) =>
  queryOptions({
    queryKey: [ROOT, "summary", days],
    queryFn: () => {
      const to = today();
      const query = { from: addDays(to, 1 - days), to };
      return body(api.GET("/api/staff/money/summary", { params: { query } }));
    },
    staleTime: 30_000,
  });

/** How much needs a person, for whoever looks at another page. */
export const openQuery = queryOptions({ ...summaryQuery(1), refetchInterval: 60_000 });

export const issuesQuery = infiniteQueryOptions({
  queryKey: [ROOT, "issues"],
  queryFn: ({ pageParam }) =>
    body(api.GET("/api/staff/money/issues", { params: { query: { page: pageParam } } })),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
});

export const stuckQuery = infiniteQueryOptions({
  queryKey: [ROOT, "stuck"],
  queryFn: ({ pageParam }) =>
    body(api.GET("/api/staff/stuck-work", { params: { query: { page: pageParam } } })),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
  refetchInterval: 30_000,
});

export const settledQuery = infiniteQueryOptions({
  queryKey: [ROOT, "issues", "settled"],
  queryFn: ({ pageParam }) =>
    body(
      api.GET("/api/staff/money/issues", {
        params: { query: { page: pageParam, state: "settled" } },
      }),
    ),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
});

export const reconciliationsQuery = infiniteQueryOptions({
  queryKey: [ROOT, "reconciliations"],
  queryFn: ({ pageParam }) =>
    body(api.GET("/api/staff/money/reconciliations", { params: { query: { page: pageParam } } })),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
});

export const standingsQuery = queryOptions({
  queryKey: [ROOT, "standings"],
  queryFn: () => body(api.GET("/api/staff/money/reconciliations/standings")),
});

export const paymentsQuery = (q: string, status: PaymentStatus | null) =>
  infiniteQueryOptions({
    queryKey: [ROOT, "payments", q, status],
    queryFn: ({ pageParam }) =>
      body(
        api.GET("/api/staff/money/payments", {
          params: { query: { page: pageParam, q, ...(status ? { status } : {}) } },
        }),
      ),
    initialPageParam: 1,
    getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
  });

export const paymentQuery = (id: string) =>
  queryOptions({
    queryKey: [ROOT, "payment", id],
    queryFn: () => body(api.GET("/api/staff/money/payments/{id}", { params: { path: { id } } })),
  });

export const rulesQuery = queryOptions({
  queryKey: [ROOT, "rules"],
  queryFn: () => body(api.GET("/api/staff/money/rules")),
});

export const seriesQuery = queryOptions({
  queryKey: [ROOT, "series"],
  queryFn: () => body(api.GET("/api/staff/money/series")),
});

function useAnew() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: [ROOT] });
}

/** The same wish sent again, after no answer came, is one refund. */
export function useRefund(id: string) {
  const anew = useAnew();
  const attempt = useRef<{ wish: string; key: string } | null>(null);
  return useMutation({
    mutationFn: (wish: RefundWish) => {
      const said = JSON.stringify(wish);
      if (attempt.current?.wish !== said) {
        attempt.current = { wish: said, key: crypto.randomUUID() };
      }
      return body(
        api.POST("/api/staff/money/payments/{id}/refund", {
          params: { path: { id }, header: { "Idempotency-Key": attempt.current.key } },
          body: wish,
        }),
      );
    },
    onSettled: anew,
  });
}

export function useSettle() {
  const anew = useAnew();
  return useMutation({
    mutationFn: ({ id, note }: { id: string; note: string }) =>
      api.POST("/api/staff/money/issues/{id}/settle", { params: { path: { id } }, body: { note } }),
    onSettled: anew,
  });
}

/** Has a piece of stuck work tried at once. */
export function useTryAgain() {
  const anew = useAnew();
  return useMutation({
    mutationFn: (id: string) =>
      api.POST("/api/staff/stuck-work/{id}/try-again", { params: { path: { id } } }),
    onSettled: anew,
  });
}

/** Says that the person was told in another way. */
export function useTold() {
  const anew = useAnew();
  return useMutation({
    mutationFn: (id: string) =>
      api.POST("/api/staff/stuck-work/{id}/told", { params: { path: { id } } }),
    onSettled: anew,
  });
}

/** Bears the loss of a chargeback; gives what counts as given back. */
export function useAcceptLoss() {
  const anew = useAnew();
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) =>
      body(
        api.POST("/api/staff/money/issues/{id}/accept", {
          params: { path: { id } },
          body: { reason },
        }),
      ),
    onSettled: anew,
  });
}

export function useChangeRules() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: InvoicingRulesChange) =>
      body(api.PATCH("/api/staff/money/rules", { body: change })),
    onSuccess: (rules: InvoicingRules) => client.setQueryData(rulesQuery.queryKey, rules),
  });
}

export function useOpenSeries() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (series: NewSeries) => body(api.POST("/api/staff/money/series", { body: series })),
    onSuccess: () => client.invalidateQueries({ queryKey: seriesQuery.queryKey }),
  });
}

/** A year, or one of its months. */
export interface Period {
  year: number;
  month: number | null;
}

const NAME = /filename="([^"]+)"/;
const made = { parseAs: "blob", fetch: session.unhurried } as const;

/** Saves a file of the server's under the name that it gives it. */
async function saved(answer: Promise<{ data?: Blob; response: Response }>): Promise<void> {
  const { data, response } = await answer;
  const name = NAME.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  if (data) download(name ?? "", data);
}

/** Saves the table of what came in and went back. */
export function useStatement() {
  return useMutation({
    mutationFn: ({ year, month }: Period) => {
      const last = month ?? 12;
      const two = (number: number) => String(number).padStart(2, "0");
      const days = new Date(Date.UTC(year, last, 0)).getUTCDate();
      const query = {
        from: `${year}-${two(month ?? 1)}-01`,
        to: `${year}-${two(last)}-${two(days)}`,
      };
      return saved(api.GET("/api/staff/money/statement", { ...made, params: { query } }));
    },
  });
}

/** Saves the SAF-T file. */
export function useSaft() {
  return useMutation({
    mutationFn: ({ year, month }: Period) => {
      const query = { year, ...(month ? { month } : {}) };
      return saved(api.GET("/api/staff/money/saft", { ...made, params: { query } }));
    },
  });
}
