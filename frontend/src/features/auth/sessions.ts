import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";

/** Where the person is logged in. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => body(api.GET("/api/auth/sessions")),
  refetchInterval: 30_000,
});

/** Ends one of the person's sessions; with null all but this one. */
export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (which: string | null) => {
      if (which === null) await api.DELETE("/api/auth/sessions");
      else {
        await api.DELETE("/api/auth/sessions/{id}", {
          params: { path: { id: which } },
        });
      }
    },
    onSettled: () => client.invalidateQueries(sessionsQuery),
  });
}
