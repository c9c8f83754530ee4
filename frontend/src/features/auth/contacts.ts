import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import { meQuery } from "./session";

export type Contact = "phone" | "email";

/** Has six digits sent to the person's own phone or e-mail address. */
export function useSendCode(contact: Contact) {
  return useMutation({
    mutationFn: () =>
      body(
        contact === "phone" ? api.POST("/api/auth/phone/code") : api.POST("/api/auth/email/code"),
      ),
  });
}

/** Gives the digits back; "me" then says that the contact is theirs. */
export function useVerify(contact: Contact) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) =>
      body(
        contact === "phone"
          ? api.POST("/api/auth/phone/verify", { body: { code } })
          : api.POST("/api/auth/email/verify", { body: { code } }),
      ),
    onSuccess: (user) => client.setQueryData(meQuery.queryKey, user),
  });
}
