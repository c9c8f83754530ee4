import { useTranslation } from "react-i18next";
import { PasswordForm } from "@/features/auth";
import { Page } from "@/ui";

export function Password() {
  const { t } = useTranslation(["patient", "common"]);
  return (
    <Page
      title={t("common:password.title")}
      lead={t("common:password.lead")}
      back={{ href: "/eu", label: t("me.title") }}
      narrow
    >
      <PasswordForm />
    </Page>
  );
}
