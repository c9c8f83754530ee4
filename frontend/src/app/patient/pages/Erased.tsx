import { useTranslation } from "react-i18next";
import { ButtonLink, EmptyState, Page } from "@/ui";

/** The last thing a patient sees of an account that was erased. */
export function Erased() {
  const { t } = useTranslation("patient");
  return (
    <Page narrow title={t("erase.done")}>
      <EmptyState
        title={t("erase.done_text")}
        action={<ButtonLink href="/">{t("erase.done_action")}</ButtonLink>}
      />
    </Page>
  );
}
