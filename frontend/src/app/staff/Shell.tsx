import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { NavLink, Outlet } from "react-router";
import { forgetAtSessionEnd, LoginForm, useLogout, useMe, usePersonKey } from "@/features/auth";
import { openQuery } from "@/features/money/data";
import type { User } from "@/lib/api/types";
import { Button, ComingPage, LanguageSwitch, Spinner, TilePattern } from "@/ui";
import styles from "./Shell.module.css";

/** The frame of every staff page; in front of it, the login. */
export function Shell() {
  const { t } = useTranslation(["staff", "common"]);
  const me = useMe();
  const client = useQueryClient();
  const person = usePersonKey();
  useEffect(() => forgetAtSessionEnd(client), [client]);
  useEffect(() => {
    document.title = t("title");
  }, [t]);

  if (me.data === undefined) return <Unknown isFailing={me.failureCount > 0 || me.isError} />;
  if (!me.data || me.data.role === "patient") return <Door user={me.data} />;
  return (
    <div key={person} className={styles.shell}>
      <Bar user={me.data} />
      <ComingPage />
      <Outlet />
    </div>
  );
}

/** Nobody may be here, or anybody: until the clinic answers, nothing is asked of them. */
function Unknown({ isFailing }: { isFailing: boolean }) {
  const { t } = useTranslation("staff");
  return (
    <Front>
      <div role="status" aria-busy="true" className={styles.unknown}>
        <Spinner />
        {isFailing ? <p>{t("no_answer")}</p> : null}
      </div>
    </Front>
  );
}

function Door({ user }: { user: User | null }) {
  const { t } = useTranslation(["staff", "common"]);
  const logout = useLogout();
  return (
    <Front>
      {user ? (
        <>
          <h1>{t("login.no_access")}</h1>
          <p className={styles.doorText}>{t("login.no_access_text", { name: user.full_name })}</p>
          <Button size="large" wide onPress={() => logout.mutate()} isPending={logout.isPending}>
            {t("common:action.logout")}
          </Button>
        </>
      ) : (
        <>
          <h1>{t("login.title")}</h1>
          <p className={styles.doorText}>{t("login.text")}</p>
          <LoginForm />
          <p className={styles.doorText}>
            <a href="/recuperar">{t("login.forgotten")}</a>
          </p>
        </>
      )}
    </Front>
  );
}

/** What stands before the staff's pages. */
function Front({ children }: { children: ReactNode }) {
  return (
    <main className={styles.door}>
      <div className={styles.doorBand}>
        <TilePattern />
        <p>Vez</p>
        <LanguageSwitch className={styles.doorLanguage} />
      </div>
      <div className={styles.doorPanel}>{children}</div>
    </main>
  );
}

function Bar({ user }: { user: User }) {
  const { t } = useTranslation(["staff", "common"]);
  const logout = useLogout();
  const mayPair = user.role !== "practitioner";
  return (
    <header className={styles.bar}>
      <p className={styles.name}>Vez</p>
      <nav aria-label={t("nav.label")} className={styles.nav}>
        <NavLink to="/" end>
          {t("nav.today")}
        </NavLink>
        <NavLink to="/agenda">{t("nav.agenda")}</NavLink>
        {mayPair && <NavLink to="/utentes">{t("nav.people")}</NavLink>}
        {mayPair && <NavLink to="/ecras">{t("nav.screens")}</NavLink>}
        {user.role === "manager" && (
          <>
            <NavLink to="/esperas">{t("nav.waits")}</NavLink>
            <NavLink to="/dinheiro">
              {t("nav.money")}
              <OpenMatters />
            </NavLink>
            <NavLink to="/privacidade">{t("nav.privacy")}</NavLink>
          </>
        )}
      </nav>
      <div className={styles.person}>
        <NavLink to="/conta" className={styles.role ?? ""}>
          {user.role === "patient" ? "" : t(`role.${user.role}`)} · {user.full_name}
        </NavLink>
        <LanguageSwitch className={styles.barButton} />
        <Button variant="plain" className={styles.barButton} onPress={() => logout.mutate()}>
          {t("common:action.logout")}
        </Button>
      </div>
    </header>
  );
}

/** How much money and stuck work needs a person. */
function OpenMatters() {
  const { t } = useTranslation("staff");
  const { data } = useQuery(openQuery);
  const count = data ? data.open_issues + data.stuck_work : 0;
  if (count === 0) return null;
  return (
    <span className={styles.badge}>
      <span aria-hidden="true">{count}</span>
      <span className="visually-hidden">{t("nav.money_open", { count })}</span>
    </span>
  );
}
