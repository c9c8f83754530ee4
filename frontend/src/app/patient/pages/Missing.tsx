import { useTranslation } from "react-i18next";
import { ButtonLink, EmptyState, Page } from "@/ui";

export function Missing() {
  const { t } = useTranslation("patient");
  return (
    <Page narrow title={t("page.missing_title")}>
      <EmptyState
        title={t("page.missing_text")}
        action={<ButtonLink href="/">{t("page.missing_action")}</ButtonLink>}
      />
    </Page>
  );
}
