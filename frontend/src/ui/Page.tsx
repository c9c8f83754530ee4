import { createContext, useContext, useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-aria-components";
import { classes } from "./classes";
import { ChevronLeftIcon } from "./icons";
import styles from "./Page.module.css";
import { TilePattern } from "./TilePattern";

export interface PageChrome {
  /** The row above the title: name, navigation. */
  top: ReactNode;
  /** Ends the document's title. */
  site: string;
  /** Stands in place of the document's title while something can't wait. */
  alert?: string | undefined;
}

export const PageChromeContext = createContext<PageChrome>({ top: null, site: "Vez" });

let firstPage = true;

/** Sets the document's title and, after a change of page, puts the focus on the heading. */
export function usePageTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { site, alert } = useContext(PageChromeContext);
  useEffect(() => {
    document.title = alert ?? (title === site ? site : `${title} · ${site}`);
  }, [title, site, alert]);
  useEffect(() => {
    if (!firstPage) heading.current?.focus();
    firstPage = false;
  }, []);
  return heading;
}

export interface PageProps {
  title: string;
  lead?: ReactNode;
  back?: { href: string; label: string };
  narrow?: boolean;
  children: ReactNode;
}

/** One page: the tiled band with the title, and the paper below it. */
export function Page({ title, lead, back, narrow, children }: PageProps) {
  const { t } = useTranslation();
  const { top } = useContext(PageChromeContext);
  const heading = usePageTitle(title);
  const inner = classes(styles.inner, narrow && styles.narrow);
  return (
    <div className={styles.page}>
      <a className={styles.skip} href="#content">
        {t("action.skip")}
      </a>
      <div className={styles.band}>
        <TilePattern />
      </div>
      <header className={styles.top}>
        <div className={styles.inner}>{top}</div>
      </header>
      <main className={styles.main} id="content">
        <div className={classes(inner, styles.head)}>
          {back ? (
            <Link href={back.href} className={styles.back}>
              <ChevronLeftIcon size={18} />
              {back.label}
            </Link>
          ) : null}
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          {lead ? <div className={styles.lead}>{lead}</div> : null}
        </div>
        <div className={styles.panel}>
          <div className={inner}>{children}</div>
        </div>
      </main>
    </div>
  );
}
