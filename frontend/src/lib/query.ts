import { QueryClient } from "@tanstack/react-query";
import { isProblem } from "./api/problem";

/** Old data stays on the screen while new data is fetched; refusals are not asked for again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        networkMode: "always",
        retry: (count, error) =>
          count < 2 && isProblem(error) && (error.status === 0 || error.status >= 500),
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
