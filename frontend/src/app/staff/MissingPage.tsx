import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "@/ui";
import styles from "./Shell.module.css";

/** An address below /staff that leads nowhere. */
export function MissingPage() {
  const { t } = useTranslation("staff");
  return (
    <main id="content" className={styles.missing}>
      <h1>{t("missing.title")}</h1>
      <EmptyState title={t("missing.text")} action={<Link to="/">{t("missing.action")}</Link>} />
    </main>
  );
}
