import { queryOptions } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";

export const waitReportQuery = (days: number) =>
  queryOptions({
    queryKey: ["waits", days],
    queryFn: () => body(api.GET("/api/staff/reports/waits", { params: { query: { days } } })),
    staleTime: 60_000,
  });
