import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { Clinic } from "@/lib/api/types";

const clinicQuery = queryOptions({
  queryKey: ["clinic"],
  queryFn: () => body(api.GET("/api/clinic")),
  staleTime: 60 * 60_000,
});

export function useClinic(): Clinic | undefined {
  return useQuery(clinicQuery).data;
}

export function placeOf(clinic: Clinic | undefined): { name: string; address: string } {
  if (!clinic) return { name: "", address: "" };
  const town = [clinic.postal_code, clinic.city].filter(Boolean).join(" ");
  return { name: clinic.name, address: [clinic.address_line, town].filter(Boolean).join(", ") };
}
