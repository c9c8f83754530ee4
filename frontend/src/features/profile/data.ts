import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { User } from "@/lib/api/types";
import { setLanguage } from "@/lib/language";

export type ProfileChange = Partial<
  Pick<User, "full_name" | "email" | "phone" | "birth_date" | "language" | "label_choice">
>;

export function useProfileChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ProfileChange) => body(api.PATCH("/api/auth/me", { body: change })),
    onSuccess: (user) => {
      client.setQueryData(["me"], user);
      setLanguage(user.language);
      return client.invalidateQueries({ queryKey: ["face"] });
    },
  });
}

export const accessesQuery = infiniteQueryOptions({
  queryKey: ["accesses"],
  queryFn: ({ pageParam }) =>
    body(api.GET("/api/me/accesses", { params: { query: { page: pageParam } } })),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
});
