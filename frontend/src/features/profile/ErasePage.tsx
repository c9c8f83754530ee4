import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDate } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { useRefusal } from "@/lib/useRefusal";
import { Banner, Button, ButtonLink, Form, Page, PasswordField } from "@/ui";
import styles from "./Profile.module.css";

/** Erasing the account: what goes, what the law makes the clinic keep, and the password. */
export function ErasePage({
  invoices,
  openVisits,
  onErase,
  isErasing,
  error,
}: {
  invoices: { count: number; keptUntil: string | null };
  openVisits: number;
  onErase: (password: string) => void;
  isErasing: boolean;
  error: unknown;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const language = useLanguage();
  return (
    <Page
      title={t("erase.title")}
      back={{ href: "/eu", label: t("me.title") }}
      lead={t("erase.lead")}
      narrow
    >
      <div className={styles.told}>
        <section>
          <h2>{t("erase.goes_title")}</h2>
          <ul>
            {t("erase.goes", { returnObjects: true }).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
        <section>
          <h2>{t("erase.stays_title")}</h2>
          <ul>
            <li>
              {invoices.keptUntil
                ? t("erase.stays_invoices", { date: formatDate(invoices.keptUntil, language) })
                : t("erase.stays_no_invoices")}
            </li>
            <li>{t("erase.stays_visits")}</li>
            <li>{t("erase.stays_proof")}</li>
          </ul>
          {invoices.count > 0 ? (
            <ButtonLink variant="quiet" href="/faturas">
              {t("erase.download")}
            </ButtonLink>
          ) : null}
        </section>
        {openVisits > 0 ? (
          <Banner tone="amber" title={t("erase.open_title", { count: openVisits })}>
            <p>{t("erase.open_text")}</p>
            <ButtonLink variant="quiet" href="/consultas">
              {t("erase.open_see")}
            </ButtonLink>
          </Banner>
        ) : (
          <Confirm onErase={onErase} isErasing={isErasing} error={error} />
        )}
      </div>
    </Page>
  );
}

function Confirm({
  onErase,
  isErasing,
  error,
}: {
  onErase: (password: string) => void;
  isErasing: boolean;
  error: unknown;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const [password, setPassword] = useState("");
  const [isMissing, setMissing] = useState(false);
  const refusal = useRefusal(error, { password });

  function submit() {
    setMissing(!password);
    if (password && !isErasing) onErase(password);
  }

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={submit}>
      <PasswordField
        label={t("erase.password")}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        showLabel={t("common:auth.show_password")}
        hideLabel={t("common:auth.hide_password")}
        error={isMissing ? t("common:field.required") : refusal.at("password")}
      />
      <Button type="submit" size="large" variant="terra" isPending={isErasing}>
        {t("erase.confirm")}
      </Button>
    </Form>
  );
}
