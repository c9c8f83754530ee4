import { useTranslation } from "react-i18next";
import { Link } from "react-aria-components";
import { Navigate, useSearchParams } from "react-router";
import { RegisterForm, useMe } from "@/features/auth";
import { Page } from "@/ui";
import { nextPath } from "../choice";
import { KeptChoice } from "./Login";
import styles from "./Pages.module.css";

export function Register() {
  const { t } = useTranslation("patient");
  const [params] = useSearchParams();
  if (useMe().data) return <Navigate to={params.has("next") ? nextPath(params) : "/"} replace />;
  return (
    <Page narrow title={t("register.title")} lead={t("register.intro")}>
      <div className={styles.stack}>
        <KeptChoice params={params} />
        <RegisterForm />
        <p className={styles.foot}>
          {t("register.have_account")}{" "}
          <Link href={`/entrar?${params}`} className={styles.link}>
            {t("login.title")}
          </Link>
        </p>
      </div>
    </Page>
  );
}
