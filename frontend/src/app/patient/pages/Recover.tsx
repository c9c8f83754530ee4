import { useTranslation } from "react-i18next";
import { useForgottenPassword, WhoForm } from "@/features/auth";
import { Banner, Button, Page } from "@/ui";
import styles from "./Pages.module.css";

/** A lost password. The page says the same whether there is such an account or not. */
export function Recover() {
  const { t } = useTranslation(["patient", "common"]);
  const ask = useForgottenPassword();
  return (
    <Page
      narrow
      title={t("recover.title")}
      lead={ask.data ? undefined : t("recover.lead")}
      back={{ href: "/entrar", label: t("login.title") }}
    >
      <div className={styles.stack}>
        {ask.data ? (
          <>
            <Banner live title={t("recover.sent_title")}>
              <p>{t("recover.sent_text", { minutes: ask.data.minutes })}</p>
            </Banner>
            <p className={styles.foot}>{t("recover.sent_none")}</p>
            <Button variant="quiet" onPress={() => ask.reset()}>
              {t("recover.again")}
            </Button>
          </>
        ) : (
          <WhoForm
            onSubmit={(login) => ask.mutate(login)}
            isPending={ask.isPending}
            error={ask.error}
            action={t("recover.ask")}
          />
        )}
      </div>
    </Page>
  );
}
