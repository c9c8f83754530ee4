import { useTranslation } from "react-i18next";
import { Sessions as OwnSessions } from "@/features/auth";
import { Page } from "@/ui";

export function Sessions() {
  const { t } = useTranslation(["patient", "common"]);
  return (
    <Page
      title={t("common:sessions.title")}
      lead={t("common:sessions.lead")}
      back={{ href: "/eu", label: t("me.title") }}
      narrow
    >
      <OwnSessions />
    </Page>
  );
}
