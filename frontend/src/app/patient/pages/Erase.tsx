import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useErase } from "@/features/auth";
import { invoicesQuery } from "@/features/invoices";
import { ErasePage } from "@/features/profile";
import { openVisitsQuery } from "@/features/visits";
import { Awaited, Page, SkeletonList } from "@/ui";

export function Erase() {
  const { t } = useTranslation(["patient", "common"]);
  const navigate = useNavigate();
  const invoices = useInfiniteQuery(invoicesQuery);
  const openVisits = useQuery(openVisitsQuery);
  const erase = useErase(() => navigate("/conta-apagada", { replace: true }));
  if (!invoices.data || openVisits.data === undefined) {
    return (
      <Page title={t("erase.title")} back={{ href: "/eu", label: t("me.title") }} narrow>
        <Awaited of={[invoices, openVisits]} title={t("page.load_failed")}>
          <SkeletonList height="88px" />
        </Awaited>
      </Page>
    );
  }
  const [newest] = invoices.data.pages;
  return (
    <ErasePage
      invoices={{ count: newest?.count ?? 0, keptUntil: newest?.results[0]?.kept_until ?? null }}
      openVisits={openVisits.data}
      isErasing={erase.isPending}
      error={erase.error}
      onErase={(password) =>
        erase.mutate(password, {
          // What was refused for an appointment is shown as one.
          onError: () => void openVisits.refetch(),
        })
      }
    />
  );
}
