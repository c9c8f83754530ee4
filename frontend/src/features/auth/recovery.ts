import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import { useTakeOver } from "./session";

export function useForgottenPassword() {
  return useMutation({
    mutationFn: (login: string) => body(api.POST("/api/auth/password/forgot", { body: { login } })),
  });
}

/** Whose password a link is for; looking changes nothing. */
export const linkQuery = (token: string) =>
  queryOptions({
    queryKey: ["password-link", token],
    queryFn: () => body(api.POST("/api/auth/password/link", { body: { token } })),
    staleTime: Infinity,
    gcTime: 0,
  });

export function useReset(token: string) {
  return useMutation({
    mutationFn: async (password: string) => {
      await api.POST("/api/auth/password/reset", { body: { token, password } });
    },
  });
}

export function useSignInCode() {
  return useMutation({
    mutationFn: (login: string) => body(api.POST("/api/auth/login/code", { body: { login } })),
  });
}

export function useSignInWithCode() {
  const takeOver = useTakeOver();
  return useMutation({
    mutationFn: (given: { login: string; code: string }) =>
      body(api.POST("/api/auth/login/with-code", { body: given })),
    onSuccess: takeOver,
  });
}

export function usePasswordChange() {
  return useMutation({
    mutationFn: async (passwords: { current: string; new: string }) => {
      await api.POST("/api/auth/password", { body: passwords });
    },
  });
}
