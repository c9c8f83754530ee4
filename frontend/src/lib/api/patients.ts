import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

/** Who answers to a part of a name or a phone number; nobody before two letters of it. */
export const patientsQuery = (search: string) =>
  queryOptions({
    queryKey: ["patients", search],
    queryFn: () => body(api.GET("/api/staff/patients", { params: { query: { search } } })),
    enabled: search.trim().length >= 2,
    staleTime: 30_000,
  });
