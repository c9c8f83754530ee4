import {
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryClient,
} from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { api, body, session } from "@/lib/api/client";
import { isProblem } from "@/lib/api/problem";
import type { User } from "@/lib/api/types";
import { setLanguage } from "@/lib/language";
import { clearToasts } from "@/ui";
import { mayBeSignedIn, onSignedInElsewhere, rememberSignedIn } from "./hint";

/** While nothing is known, and in case that a session became another person's without a word. */
const ASK_AGAIN_MS = 5_000;
const LOOK_AGAIN_MS = 60_000;

const ME = ["me"] as const;
let persons = 0;
const personListeners = new Set<() => void>();

/** Takes in whose session it is. Nothing that was fetched for one person outlives their session. */
function accept(client: QueryClient, user: User | null): void {
  const former = client.getQueryData<User | null>(ME);
  rememberSignedIn(user?.id ?? null);
  client.setQueryData(ME, user);
  if (former && former.id !== user?.id) forget(client);
}

function forget(client: QueryClient): void {
  const others = {
    predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== ME[0],
  };
  void client.cancelQueries(others);
  client.removeQueries(others);
  clearToasts();
  persons += 1;
  personListeners.forEach((listener) => listener());
}

/** Who is logged in; null for a visitor, and nothing while that isn't known. */
export const meQuery = queryOptions({
  queryKey: ME,
  queryFn: async ({ client }): Promise<User | null> => {
    const user = mayBeSignedIn() ? await whoIsThere() : null;
    accept(client, user);
    return user;
  },
  staleTime: 5 * 60_000,
  refetchOnWindowFocus: "always",
  refetchInterval: ({ state }) => (state.status === "error" ? ASK_AGAIN_MS : LOOK_AGAIN_MS),
});

async function whoIsThere(): Promise<User | null> {
  try {
    return await body(api.GET("/api/auth/me"));
  } catch (error) {
    if (!isProblem(error) || (error.status !== 401 && error.status !== 403)) throw error;
    return null;
  }
}

export function useMe() {
  return useQuery(meQuery);
}

/**
 * The key of whatever is shown to one person: another one as soon as the session is no longer theirs,
 * here or on another page of this browser, so that dialogs, drafts and sockets go with it.
 */
export function usePersonKey(): number {
  const client = useQueryClient();
  useEffect(
    () =>
      onSignedInElsewhere((id) => {
        const former = client.getQueryData<User | null>(ME);
        if ((former?.id ?? null) === id) return;
        if (former) forget(client);
        void client.resetQueries({ queryKey: ME });
      }),
    [client],
  );
  return useSyncExternalStore(
    (listener) => {
      personListeners.add(listener);
      return () => void personListeners.delete(listener);
    },
    () => persons,
  );
}

/** Keeps the new user as "me"; what was fetched for nobody is fetched anew for them. */
export function useTakeOver() {
  const client = useQueryClient();
  return (user: User | null) => {
    accept(client, user);
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== ME[0] });
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

/** `leave` goes where nobody needs to be logged in, for afterwards nobody is. */
export function useLogout(leave?: () => Promise<void> | void) {
  const takeOver = useTakeOver();
  return useMutation({
    mutationFn: async () => {
      await api.POST("/api/auth/logout");
    },
    onSuccess: async () => {
      await leave?.();
      takeOver(null);
    },
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

/** Makes everybody a visitor whose session turned out to be over, e.g. logged out elsewhere. */
export function forgetAtSessionEnd(client: QueryClient): () => void {
  return session.onEnd(() => accept(client, null));
}
