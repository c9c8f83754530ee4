import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LinkedVisit } from "@/lib/api/types";
import { classes, usePageTitle } from "@/ui";
import styles from "./Visits.module.css";

/** The whole screen says one thing: it is your turn, in this room. */
export function CalledScreen({
  visit,
  notice,
  children,
}: {
  visit: Pick<LinkedVisit, "label" | "ticket" | "room" | "call_number">;
  notice: ReactNode;
  /** Stands at the foot. */
  children?: ReactNode;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const heading = usePageTitle(
    t("visit.called_document", { room: t("common:room", { room: visit.room ?? "" }) }),
  );

  useEffect(() => {
    heading.current?.focus();
  }, [visit.call_number, heading]);

  return (
    <main className={styles.called}>
      <div className={styles.calledInner}>
        <h1 ref={heading} tabIndex={-1} className={styles.calledTitle}>
          {t("visit.called_title")}
        </h1>
        <p className={styles.calledName}>
          {visit.label}
          {visit.ticket && visit.ticket !== visit.label ? ` · ${visit.ticket}` : ""}
        </p>
      </div>
      <p className={styles.calledInner}>
        <span className={styles.calledRoomWord}>{t("visit.room")}</span>
        <br />
        <span className={styles.calledRoom}>{visit.room}</span>
      </p>
      <div className={classes(styles.calledInner, styles.calledEnd)}>
        {notice}
        <div className={styles.calledFoot}>
          <span>
            {visit.call_number > 1 ? t("visit.called_again", { count: visit.call_number }) : ""}
          </span>
          {children}
        </div>
      </div>
    </main>
  );
}
