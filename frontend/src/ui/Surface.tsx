import type { ReactNode } from "react";
import { classes } from "./classes";
import { InfoIcon, WarningIcon } from "./icons";
import styles from "./Surface.module.css";

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={classes(styles.card, className)}>{children}</div>;
}

export type Tone = "sage" | "amber" | "terra" | "faint";

/** A state in one or two words. The word carries the meaning, the colour only helps. */
export function Pill({ tone = "sage", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={classes(styles.pill, tone !== "sage" && styles[tone])}>{children}</span>;
}

/** A notice inside a page. `terra` is spoken at once; the others when there is time. */
export function Banner({
  tone = "sage",
  title,
  children,
  live,
}: {
  tone?: "sage" | "amber" | "terra";
  title?: ReactNode;
  children?: ReactNode;
  /** Set for a notice that appears by itself, so that it is read out. */
  live?: boolean;
}) {
  const role = live ? (tone === "terra" ? "alert" : "status") : undefined;
  return (
    <div className={classes(styles.banner, tone !== "sage" && styles[tone])} role={role}>
      {tone === "sage" ? <InfoIcon /> : <WarningIcon />}
      <div className={styles.bannerBody}>
        {title ? <p className={styles.bannerTitle}>{title}</p> : null}
        {children}
      </div>
    </div>
  );
}

/** Nothing here yet, and what to do about it. */
export function EmptyState({
  title,
  children,
  action,
}: {
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <h2 className={styles.emptyTitle}>{title}</h2>
      {children ? <div className={styles.emptyText}>{children}</div> : null}
      {action}
    </div>
  );
}
