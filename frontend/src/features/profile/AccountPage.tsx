import { useTranslation } from "react-i18next";
import { Link } from "react-aria-components";
import type { Language, User } from "@/lib/api/types";
import { screenLabel } from "@/lib/label";
import { Button, ChevronRightIcon, Page, SegmentedControl } from "@/ui";
import { useProfileChange } from "./data";
import styles from "./Profile.module.css";

/** My account: one row for each thing that can be looked at or changed. */
export function AccountPage({
  user,
  faceState,
  invoiceState,
  onLogout,
  isLoggingOut,
}: {
  user: User;
  faceState: string;
  invoiceState: string;
  onLogout: () => void;
  isLoggingOut: boolean;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const change = useProfileChange();
  return (
    <Page title={t("me.title")} lead={user.full_name} narrow>
      <div className={styles.rows}>
        <Row href="/eu/dados" title={t("me.details")} hint={t("me.details_hint")} />
        <Row
          href="/eu/ecras"
          title={t("me.screens")}
          hint={screenLabel(user.full_name, user.label_choice, t("label.ticket"))}
        />
        <Row href="/eu/rosto" title={t("me.face")} hint={faceState} />
        <Row href="/eu/fatura" title={t("kept.title")} hint={invoiceState} />
        <Row
          href="/eu/palavra-passe"
          title={t("common:password.title")}
          hint={t("me.password_hint")}
        />
        <Row
          href="/eu/sessoes"
          title={t("common:sessions.title")}
          hint={t("common:sessions.hint")}
        />
        <Row href="/eu/acessos" title={t("me.accesses")} hint={t("me.accesses_hint")} />
        <Row href="/eu/apagar" title={t("erase.title")} hint={t("erase.hint")} />
      </div>
      <div className={styles.foot}>
        <SegmentedControl<Language>
          label={t("me.language")}
          value={user.language}
          onChange={(language) => change.mutate({ language })}
          segments={[
            { value: "pt", label: <span lang="pt-PT">{t("common:language.pt")}</span> },
            { value: "en", label: <span lang="en">{t("common:language.en")}</span> },
          ]}
        />
        <Button
          variant="danger"
          className={styles.logout}
          isPending={isLoggingOut}
          onPress={onLogout}
        >
          {t("me.logout")}
        </Button>
      </div>
    </Page>
  );
}

function Row({ href, title, hint }: { href: string; title: string; hint: string }) {
  return (
    <Link href={href} className={styles.row}>
      <span>
        <span className={styles.rowTitle}>{title}</span>
        <span className={styles.rowHint}>{hint}</span>
      </span>
      <ChevronRightIcon />
    </Link>
  );
}
