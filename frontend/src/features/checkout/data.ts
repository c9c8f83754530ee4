import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { InvoiceDetails, PaymentMethod } from "@/lib/api/types";

const POLL_MS = 2000;

/** What is to be paid. Asked again while something can still change by itself. */
export const checkoutQuery = (token: string) =>
  queryOptions({
    queryKey: ["checkout", token],
    queryFn: () => body(api.GET("/api/checkout/{token}", { params: { path: { token } } })),
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const checkout = state.data;
      if (checkout?.status !== "pending") return false;
      return checkout.payment?.status === "paid" ? POLL_MS : 15_000;
    },
  });

/** One payment, followed until it is decided. */
export const paymentQuery = (token: string, id: string) =>
  queryOptions({
    queryKey: ["checkout", token, "payment", id],
    queryFn: () =>
      body(api.GET("/api/checkout/{token}/payments/{id}", { params: { path: { token, id } } })),
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.status === "pending" ? POLL_MS : false,
    refetchIntervalInBackground: true,
    staleTime: 0,
  });

export interface PaymentOrder {
  method: PaymentMethod;
  phone?: string;
  invoice: InvoiceDetails;
  /** The same for every attempt at the same order, so that no press pays twice. */
  key: string;
}

export function usePay(token: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, ...order }: PaymentOrder) =>
      body(
        api.POST("/api/checkout/{token}/payments", {
          params: { path: { token }, header: { "Idempotency-Key": key } },
          body: order,
        }),
      ),
    onSuccess: (payment) => {
      client.setQueryData(paymentQuery(token, payment.id).queryKey, payment);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["checkout", token], exact: true }),
  });
}
