import { useTranslation } from "react-i18next";
import { Navigate, useLocation } from "react-router";
import type { ReactNode } from "react";
import { useMe } from "@/features/auth";
import type { User } from "@/lib/api/types";
import { Awaited, Button, EmptyState, Page } from "@/ui";

/** Shows a page to whoever is logged in; others log in first and come back to where they were. */
export function RequireLogin({ children }: { children: (user: User) => ReactNode }) {
  const { t } = useTranslation(["patient", "common"]);
  const { pathname, search } = useLocation();
  const me = useMe();
  if (me.data?.role === "patient") return children(me.data);
  if (me.data) {
    return (
      <Page narrow title={t("page.staff_title")}>
        <EmptyState
          title={t("page.staff_text")}
          action={
            <Button onPress={() => location.assign("/staff")}>{t("page.staff_action")}</Button>
          }
        />
      </Page>
    );
  }
  if (me.data === null) {
    const next = new URLSearchParams({ next: pathname + search });
    return <Navigate to={`/entrar?${next}`} replace />;
  }
  return (
    <Page narrow title={t("common:app.name")}>
      <Awaited of={me} title={t("page.load_failed")} />
    </Page>
  );
}
