import { useTranslation } from "react-i18next";
import type { AppointmentStatus, Visit } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDayLong, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { useWords } from "@/lib/useWords";
import { QrCode } from "@/ui";
import styles from "./Visits.module.css";

type Title =
  | "title_before"
  | "missed_title"
  | `${Exclude<AppointmentStatus, "booked" | "arrived">}_title`
  | "waiting_title";

/** The words of `visit` that head the page in this state. */
export function titleOf(status: AppointmentStatus, isMissed: boolean): Title {
  if (isMissed) return "missed_title";
  if (status === "booked") return "title_before";
  return status === "arrived" ? "waiting_title" : `${status}_title`;
}

export function When({ start, what }: { start: string; what: string }) {
  const language = useLanguage();
  return (
    <div>
      <p className={styles.when}>
        <span className={styles.whenDay}>{formatDayLong(civilDate(start), language)}</span>
        <span className={styles.whenTime}>{formatTime(start)}</span>
      </p>
      <p className={styles.what}>{what}</p>
    </div>
  );
}

export function CheckInCode({ code }: { code: string }) {
  const { t } = useTranslation("patient");
  return (
    <section className={styles.code} aria-labelledby="code">
      <QrCode text={code} label={t("visit.qr_label")} size={136} />
      <div>
        <h2 id="code" className={styles.codeTitle}>
          {t("visit.code_title")}
        </h2>
        <p className={styles.codeText}>
          <span aria-hidden="true">{code}</span>
          <span className="visually-hidden">
            {t("visit.code_spelled", { code: Array.from(code).join(" ") })}
          </span>
        </p>
        <p className={styles.codeNote}>{t("visit.code_text")}</p>
      </div>
    </section>
  );
}

export function WaitingRoom({
  visit,
  room,
}: {
  visit: Pick<Visit, "position" | "wait" | "ticket" | "label"> | undefined;
  room: string | null;
}) {
  const { t } = useTranslation("patient");
  const words = useWords();
  const ahead = visit?.position ? visit.position - 1 : null;
  return (
    <>
      <div className={styles.wait} role="status">
        <span className={styles.waitLabel}>{t("visit.wait")}</span>
        <span className={styles.waitRange}>{visit?.wait ? words.wait(visit.wait) : "…"}</span>
        {ahead === null ? null : (
          <span className={styles.waitAhead}>
            {ahead === 0 ? t("visit.next") : t("visit.ahead", { count: ahead })}
          </span>
        )}
      </div>
      <dl className={styles.facts}>
        <div className={styles.fact}>
          <dt>{t("visit.room")}</dt>
          <dd>{room ?? "–"}</dd>
        </div>
        <div className={styles.fact}>
          <dt>{t("visit.ticket")}</dt>
          <dd>{visit?.ticket ?? "–"}</dd>
        </div>
      </dl>
      {visit ? <p>{t("visit.sit", { label: visit.label })}</p> : null}
    </>
  );
}
