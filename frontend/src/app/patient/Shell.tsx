import { useMemo, type ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { Link, RouterProvider } from "react-aria-components";
import { Outlet, useHref, useLocation, useNavigate } from "react-router";
import { useMe, usePersonKey } from "@/features/auth";
import { LiveVisitsProvider, useLiveVisits } from "@/features/visits";
import { useOnline } from "@/lib/useOnline";
import {
  ButtonLink,
  CalendarIcon,
  classes,
  ClockIcon,
  ComingPage,
  LanguageSwitch,
  PageChromeContext,
  PersonIcon,
  ReceiptIcon,
} from "@/ui";
import { useClinic } from "./clinic";
import styles from "./Shell.module.css";

interface Place {
  href: string;
  word: "book" | "appointments" | "invoices" | "me";
  icon: ComponentType<{ size?: number }>;
}

const PLACES: readonly Place[] = [
  { href: "/", word: "book", icon: CalendarIcon },
  { href: "/consultas", word: "appointments", icon: ClockIcon },
  { href: "/faturas", word: "invoices", icon: ReceiptIcon },
  { href: "/eu", word: "me", icon: PersonIcon },
];

function isHere(href: string, path: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}

/** Where a link leads: paths are the app's own, and a whole address stays what it is. */
function useAddress(href: string): string {
  const path = useHref(href);
  return /^[a-z]+:/i.test(href) ? href : path;
}

/** What stands around every page of the patient app. */
export function Shell() {
  const navigate = useNavigate();
  const me = useMe();
  const person = usePersonKey();
  const isPatient = me.data?.role === "patient";
  return (
    <RouterProvider navigate={(path, options) => void navigate(path, options)} useHref={useAddress}>
      <LiveVisitsProvider key={person} enabled={isPatient} renewSession={() => me.refetch()}>
        <Chrome isPatient={isPatient} isVisitor={me.data === null} />
      </LiveVisitsProvider>
    </RouterProvider>
  );
}

function Chrome({ isPatient, isVisitor }: { isPatient: boolean; isVisitor: boolean }) {
  const { t } = useTranslation(["patient", "common"]);
  const { pathname } = useLocation();
  const { visits } = useLiveVisits();
  const clinic = useClinic();
  const isOnline = useOnline();
  const name = clinic?.name ?? "";
  // Paying, a link and a call have one thing to do: nothing else is under the thumb.
  const isCalledHere = visits.some(
    (visit) => visit.status === "called" && pathname === `/consultas/${visit.appointment}`,
  );
  const called = visits.find((visit) => visit.status === "called");
  const alert = called
    ? t("visit.called_document", { room: t("common:room", { room: called.room }) })
    : undefined;
  const isLink = pathname.startsWith("/v/");
  const hasTabs = isPatient && !isCalledHere && !isLink && !pathname.startsWith("/pay/");

  const chrome = useMemo(
    () => ({
      site: name || "Vez",
      alert,
      top: (
        <div className={styles.top}>
          <Link href="/" className={styles.brand}>
            <strong>Vez</strong>
            {name ? <span className={styles.clinic}> · {name}</span> : null}
          </Link>
          <div className={styles.right}>
            {isPatient ? (
              <nav className={styles.nav} aria-label={t("nav.label")}>
                {PLACES.map(({ href, word }) => (
                  <Link
                    key={href}
                    href={href}
                    className={styles.link}
                    aria-current={isHere(href, pathname) ? "page" : undefined}
                  >
                    {t(`nav.${word}`)}
                  </Link>
                ))}
              </nav>
            ) : null}
            <LanguageSwitch className={styles.language} />
            {isVisitor && pathname !== "/entrar" && pathname !== "/registar" ? (
              <ButtonLink variant="plain" href="/entrar" className={styles.login}>
                {t("login.title")}
              </ButtonLink>
            ) : null}
          </div>
        </div>
      ),
    }),
    [name, alert, isPatient, isVisitor, pathname, t],
  );

  return (
    <PageChromeContext value={chrome}>
      <div className={classes(styles.app, hasTabs && styles.withTabs)}>
        <Outlet />
        <div className={styles.notices}>
          <CalledBar />
          <ComingPage />
          {isOnline || isLink ? null : (
            <p className={styles.offline} role="status">
              {t("state.offline", { ns: "common" })}
            </p>
          )}
        </div>
        {hasTabs ? <Tabs path={pathname} /> : null}
      </div>
    </PageChromeContext>
  );
}

function Tabs({ path }: { path: string }) {
  const { t } = useTranslation("patient");
  return (
    <nav className={styles.tabs} aria-label={t("nav.label")}>
      {PLACES.map(({ href, word, icon: Icon }) => (
        <Link
          key={href}
          href={href}
          className={styles.tab}
          aria-current={isHere(href, path) ? "page" : undefined}
        >
          <Icon size={24} />
          {t(`nav.${word}`)}
        </Link>
      ))}
    </nav>
  );
}

/** A call is never missed: it stands above every page that isn't the visit itself. */
function CalledBar() {
  const { t } = useTranslation(["patient", "common"]);
  const { pathname } = useLocation();
  const { visits } = useLiveVisits();
  const called = visits.find((visit) => visit.status === "called");
  if (!called || pathname === `/consultas/${called.appointment}`) return null;
  return (
    <div role="alert">
      <Link href={`/consultas/${called.appointment}`} className={styles.calledBar}>
        {t("called_bar", { room: t("common:room", { room: called.room }) })}
      </Link>
    </div>
  );
}
