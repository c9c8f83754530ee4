import { useQuery } from "@tanstack/react-query";
import { useState, type CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import type { DayAccuracy, WaitReport } from "@/lib/api/types";
import { formatDay } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, EmptyState, Figures, SegmentedControl, SkeletonList } from "@/ui";
import list from "@/ui/ListPage.module.css";
import { waitReportQuery } from "./data";
import styles from "./WaitsPage.module.css";

const PERIODS = ["7", "30", "90"] as const;

/** How true the waits were that patients were told: for the manager. */
export function WaitsPage() {
  const { t } = useTranslation(["staff", "common"]);
  const [period, setPeriod] = useState<(typeof PERIODS)[number]>("30");
  const report = useQuery(waitReportQuery(Number(period)));

  return (
    <main className={list.page} id="content">
      <div className={list.head}>
        <div>
          <h1 className={list.title}>{t("waits.title")}</h1>
          <p className={list.quiet}>{t("waits.text")}</p>
        </div>
        <div className={styles.period}>
          <SegmentedControl
            label={t("waits.period")}
            hideLabel
            value={period}
            onChange={setPeriod}
            segments={PERIODS.map((value) => ({
              value,
              label: t("waits.days", { count: Number(value) }),
            }))}
          />
        </div>
      </div>
      <Awaited of={report}>
        <SkeletonList count={6} />
      </Awaited>
      {report.data && <Report report={report.data} />}
    </main>
  );
}

function Report({ report }: { report: WaitReport }) {
  const { t } = useTranslation("staff");
  if (!report.total) {
    return (
      <EmptyState title={t("waits.empty")}>
        <p>{t("waits.empty_text")}</p>
      </EmptyState>
    );
  }
  const longest = Math.max(...report.days.map((day) => Math.max(day.mean_wait, told(day))), 1);
  return (
    <>
      <Figures
        figures={[
          { name: t("waits.inside"), value: `${percent(report.total.coverage)} %` },
          { name: t("waits.error"), value: `${Math.round(report.total.error)} min` },
          { name: t("waits.beyond"), value: `${percent(report.total.beyond)} %` },
        ]}
      />
      <p className={styles.legend} aria-hidden="true">
        <span className={styles.waitedKey} /> {t("waits.legend_waited")}
        <span className={styles.toldKey} /> {t("waits.legend_told")}
      </p>
      <ul className={styles.days}>
        {[...report.days].reverse().map((day) => (
          <DayRow key={day.date} day={day} longest={longest} />
        ))}
      </ul>
    </>
  );
}

function DayRow({ day, longest }: { day: DayAccuracy; longest: number }) {
  const { t } = useTranslation("staff");
  const language = useLanguage();
  const share = (minutes: number) => `${String((100 * minutes) / longest)}%`;
  const bar = { "--waited": share(day.mean_wait), "--told": share(told(day)) } as CSSProperties;
  return (
    <li className={styles.day}>
      <span className={styles.date}>{formatDay(day.date, language)}</span>
      <span className={styles.bar} style={bar} aria-hidden="true" />
      <span className={styles.words}>
        <span>{t("waits.waited", { minutes: Math.round(day.mean_wait) })}</span>
        <span>{t("waits.told", { minutes: Math.round(told(day)) })}</span>
        <span>{t("waits.covered", { percent: percent(day.coverage) })}</span>
        <span>{t("waits.patients", { count: day.patients })}</span>
      </span>
    </li>
  );
}

/** What patients were told on average, in minutes. */
function told(day: DayAccuracy): number {
  return Math.max(day.mean_wait + day.bias, 0);
}

function percent(share: number): number {
  return Math.round(100 * share);
}
