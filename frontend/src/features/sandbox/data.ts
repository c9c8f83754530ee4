import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";

const POLL_MS = 1500;

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

export function useAnswerMbWay() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, action }: { id: string; action: "approve" | "refuse" }) =>
      body(
        api.POST("/api/sandbox/bank/mb-way/{id}", { params: { path: { id } }, body: { action } }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["sandbox", "mb-way"] }),
  });
}

export interface Reference {
  entity: string;
  reference: string;
  amount: string;
}

export function usePayReference() {
  return useMutation({
    mutationFn: (reference: Reference) =>
      body(api.POST("/api/sandbox/bank/multibanco", { body: reference })),
  });
}

/** What people type as an amount (`40`, `40,00`, `40.00 €`) as the API's decimal string. */
export function decimalAmount(text: string): string {
  const plain = text.replace(/[\s€]/g, "").replace(",", ".");
  if (!/^\d+(\.\d{1,2})?$/.test(plain)) return "";
  return Number(plain).toFixed(2);
}
