import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body, session } from "@/lib/api/client";
import { isProblem } from "@/lib/api/problem";
import type { User } from "@/lib/api/types";
import { setLanguage } from "@/lib/language";
import { mayBeSignedIn, rememberSignedIn } from "./hint";

/** Who is logged in; null for a visitor. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<User | null> => {
    if (!mayBeSignedIn()) return null;
    try {
      return await body(api.GET("/api/auth/me"));
    } catch (error) {
      if (!isProblem(error) || (error.status !== 401 && error.status !== 403)) throw error;
      rememberSignedIn(false);
      return null;
    }
  },
  staleTime: 5 * 60_000,
});

export function useMe() {
  return useQuery(meQuery);
}

/** Keeps the new user as "me"; everything else that was fetched for somebody else goes. */
function useTakeOver() {
  const client = useQueryClient();
  return (user: User | null) => {
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
    client.setQueryData(meQuery.queryKey, user);
    rememberSignedIn(user !== null);
    if (user) setLanguage(user.language);
  };
}

export function useLogin() {
  const takeOver = useTakeOver();
  return useMutation({
    mutationFn: (credentials: { username: string; password: string }) =>
      body(api.POST("/api/auth/login", { body: credentials })),
    onSuccess: takeOver,
  });
}

export interface Registration {
  username: string;
  password: string;
  full_name: string;
  email: string;
  phone: string;
  birth_date?: string;
  language: User["language"];
}

export function useRegister() {
  const takeOver = useTakeOver();
  return useMutation({
    mutationFn: (registration: Registration) =>
      body(api.POST("/api/auth/register", { body: registration })),
    onSuccess: takeOver,
  });
}

export function useLogout() {
  const takeOver = useTakeOver();
  return useMutation({
    mutationFn: async () => {
      await api.POST("/api/auth/logout");
    },
    onSuccess: () => takeOver(null),
  });
}

/** Erases the account for good. `leave` goes where nobody needs to be logged in, for then nobody is. */
export function useErase(leave: () => Promise<void> | void) {
  const takeOver = useTakeOver();
  return useMutation({
    mutationFn: async (password: string) => {
      await api.POST("/api/me/erasure", { body: { password } });
    },
    onSuccess: async () => {
      await leave();
      takeOver(null);
    },
  });
}

/** Calls back when the session turned out to be over, e.g. logged out elsewhere. */
export function onSessionEnd(listener: () => void): () => void {
  return session.onEnd(() => {
    rememberSignedIn(false);
    listener();
  });
}
