import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { InvoiceMemory, KeptDetails } from "@/lib/api/types";

/** What the patient had kept for the next invoice; empty where nothing is. */
export const keptDetailsQuery = queryOptions({
  queryKey: ["invoice-details"],
  queryFn: () => body(api.GET("/api/me/invoice-details")),
});

export type DetailsToKeep = Omit<KeptDetails, "kept_at">;

export function useKeepDetails() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (details: DetailsToKeep) =>
      body(api.PUT("/api/me/invoice-details", { body: details })),
    onSuccess: (kept) => client.setQueryData(keptDetailsQuery.queryKey, kept),
  });
}

export function useForgetDetails() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      await api.DELETE("/api/me/invoice-details");
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keptDetailsQuery.queryKey }),
  });
}

/** What a payment may fill in and keep; null for anybody but a patient who is logged in. */
export function useInvoiceMemory(isPatient: boolean): InvoiceMemory | null {
  const kept = useQuery({ ...keptDetailsQuery, enabled: isPatient });
  const keep = useKeepDetails();
  if (!isPatient || !kept.data) return null;
  return { kept: kept.data, keep: keep.mutateAsync };
}
