import { useTranslation } from "react-i18next";
import { Link } from "react-aria-components";
import { Navigate, useSearchParams } from "react-router";
import { LoginForm, useMe } from "@/features/auth";
import { useWords } from "@/lib/useWords";
import { Banner, Page } from "@/ui";
import { choiceFrom, nextPath } from "../choice";
import styles from "./Pages.module.css";

/** The time that waits behind a login, if there is one. */
function useKeptChoice(params: URLSearchParams): string | null {
  const { dayAndTime } = useWords();
  const next = nextPath(params);
  if (!next.startsWith("/?")) return null;
  const { start } = choiceFrom(new URLSearchParams(next.slice(2)));
  return start && !Number.isNaN(Date.parse(start)) ? dayAndTime(start) : null;
}

export function KeptChoice({ params }: { params: URLSearchParams }) {
  const { t } = useTranslation("patient");
  const choice = useKeptChoice(params);
  return choice ? <Banner title={t("login.keep", { choice })} /> : null;
}

export function Login() {
  const { t } = useTranslation("patient");
  const [params] = useSearchParams();
  // Somebody is, by this form or on another page of the browser.
  if (useMe().data) return <Navigate to={nextPath(params)} replace />;
  return (
    <Page narrow title={t("login.title")}>
      <div className={styles.stack}>
        <KeptChoice params={params} />
        <LoginForm />
        <p className={styles.ways}>
          <Link href="/recuperar" className={styles.link}>
            {t("login.forgotten")}
          </Link>
          <Link href={`/entrar/codigo?${params}`} className={styles.link}>
            {t("login.by_code")}
          </Link>
        </p>
        <p className={styles.foot}>
          {t("login.new_here")}{" "}
          <Link href={`/registar?${params}`} className={styles.link}>
            {t("login.register")}
          </Link>
        </p>
      </div>
    </Page>
  );
}
