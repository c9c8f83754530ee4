import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { BankNotice } from "@/lib/api/types";

const POLL_MS = 1500;

/** How the bank can tell the clinic of what was paid or answered. */
export const NOTICES = [
  "prompt",
  "delayed",
  "repeated",
  "reordered",
  "dropped",
  "mis_signed",
] as const satisfies readonly BankNotice[];

export const messagesQuery = queryOptions({
  queryKey: ["sandbox", "messages"],
  queryFn: () => body(api.GET("/api/sandbox/messages")),
  refetchInterval: POLL_MS,
});

export const mbWayQuery = (phone: string) =>
  queryOptions({
    queryKey: ["sandbox", "mb-way", phone],
    queryFn: () =>
      body(api.GET("/api/sandbox/bank/mb-way", { params: { query: phone ? { phone } : {} } })),
    refetchInterval: POLL_MS,
  });

export const paidQuery = queryOptions({
  queryKey: ["sandbox", "paid"],
  queryFn: () => body(api.GET("/api/sandbox/bank/paid")),
  refetchInterval: POLL_MS,
});

interface Answer {
  action: "approve" | "refuse";
  notice: BankNotice;
}

export function useAnswerMbWay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...answer }: { id: string } & Answer) =>
      body(api.POST("/api/sandbox/bank/mb-way/{id}", { params: { path: { id } }, body: answer })),
    onSettled: () => client.invalidateQueries({ queryKey: ["sandbox", "mb-way"] }),
  });
}

export function useDispute() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (dispute: { transaction_id: string; notice: BankNotice }) =>
      body(api.POST("/api/sandbox/bank/chargebacks", { body: dispute })),
    onSettled: () => client.invalidateQueries({ queryKey: paidQuery.queryKey }),
  });
}

export interface Reference {
  entity: string;
  reference: string;
  amount: string;
}

export function usePayReference() {
  return useMutation({
    mutationFn: (payment: Reference & { notice: BankNotice }) =>
      body(api.POST("/api/sandbox/bank/multibanco", { body: payment })),
  });
}

/** What people type as an amount (`40`, `40,00`, `40.00 €`) as the API's decimal string. */
export function decimalAmount(text: string): string {
  const plain = text.replace(/[\s€]/g, "").replace(",", ".");
  if (!/^\d+(\.\d{1,2})?$/.test(plain)) return "";
  return Number(plain).toFixed(2);
}
