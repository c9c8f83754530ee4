import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { I18nProvider } from "react-aria-components";
import { LOCALES } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Crash } from "./Crash";
import { ErrorBoundary } from "./ErrorBoundary";
import { ToastRegion } from "./Toast";

/** What every page of ours stands in: language, server state, notices, and a net below. */
export function Providers({ client, children }: { client: QueryClient; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <I18nProvider locale={LOCALES[useLanguage()]}>
      <QueryClientProvider client={client}>
        <ErrorBoundary fallback={<Crash />}>{children}</ErrorBoundary>
        <ToastRegion label={t("notifications")} closeLabel={t("action.close")} />
      </QueryClientProvider>
    </I18nProvider>
  );
}
