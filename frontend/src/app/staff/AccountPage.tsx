import { useTranslation } from "react-i18next";
import { PasswordForm, Sessions } from "@/features/auth";
import list from "@/ui/ListPage.module.css";
import styles from "./AccountPage.module.css";

/** What staff may change of their own account. */
export function AccountPage() {
  const { t } = useTranslation(["staff", "common"]);
  return (
    <main className={list.page} id="content">
      <div className={list.head}>
        <div>
          <h1 className={list.title}>{t("common:password.title")}</h1>
          <p className={list.quiet}>{t("common:password.lead")}</p>
        </div>
      </div>
      <PasswordForm />
      <section className={styles.sessions}>
        <h2>{t("common:sessions.title")}</h2>
        <p className={list.quiet}>{t("common:sessions.lead")}</p>
        <Sessions />
      </section>
    </main>
  );
}
