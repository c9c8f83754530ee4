import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DayTally, MoneySummary, Tally } from "@/lib/api/types";
import { formatDay, formatMoney } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, EmptyState, Figures, SegmentedControl, SkeletonList } from "@/ui";
import { cents, percent } from "./amount";
import { summaryQuery } from "./data";
import styles from "./Money.module.css";

const PERIODS = ["7", "30", "90"] as const;

/** What came in: today as three numbers, and a period as the answers to three questions. */
export function Takings() {
  const { t } = useTranslation(["money", "common"]);
  const [period, setPeriod] = useState<(typeof PERIODS)[number]>("30");
  const summary = useQuery(summaryQuery(Number(period)));
  return (
    <>
      <Awaited of={summary} title={t("load_failed")}>
        <SkeletonList count={4} />
      </Awaited>
      {summary.data && <Today today={summary.data.today} />}
      <div className={styles.period}>
        <SegmentedControl
          label={t("period")}
          hideLabel
          value={period}
          onChange={setPeriod}
          segments={PERIODS.map((value) => ({ value, label: t("days", { count: Number(value) }) }))}
        />
      </div>
      {summary.data && <Period period={summary.data.period} />}
    </>
  );
}

function Today({ today }: { today: MoneySummary["today"] }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  return (
    <section aria-labelledby="money-today">
      <h2 id="money-today" className={styles.heading}>
        {t("today.title")}
      </h2>
      <Figures
        figures={(["paid", "pending", "refunded"] as const).map((part) => ({
          name: t(`today.${part}`, { count: today[part].count }),
          value: formatMoney(today[part].sum, language),
        }))}
      />
    </section>
  );
}

function Period({ period }: { period: MoneySummary["period"] }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  if (period.paid.count === 0) {
    return (
      <EmptyState title={t("charts.empty")}>
        <p>{t("charts.empty_text")}</p>
      </EmptyState>
    );
  }
  return (
    <div className={styles.charts}>
      <Days days={period.by_day} total={period.paid.sum} />
      <Shares
        title={t("charts.by_specialty")}
        total={period.paid.sum}
        parts={period.by_specialty.map((part) => ({
          ...part,
          key: part.code,
          name: language === "pt" ? part.name_pt : part.name_en,
        }))}
      />
      <Shares
        title={t("charts.by_method")}
        total={period.paid.sum}
        parts={period.by_method.map((part) => ({
          ...part,
          key: part.method,
          name: t(`method.${part.method}`),
        }))}
      />
    </div>
  );
}

const HEIGHT = 160;
const STEP = 100;
const GAP = 22;

function Days({ days, total }: { days: readonly DayTally[]; total: string }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const best = days.reduce((most, day) =>
    cents(day.paid.sum) > cents(most.paid.sum) ? day : most,
  );
  const words = t("charts.by_day_alt", {
    total: formatMoney(total, language),
    count: days.length,
    day: formatDay(best.date, language),
    best: formatMoney(best.paid.sum, language),
  });
  const [first, last] = [days[0], days.at(-1)];
  return (
    <figure className={styles.daysChart}>
      <figcaption>
        <h3>{t("charts.by_day")}</h3>
        <p className={styles.quiet}>{words}</p>
      </figcaption>
      <svg
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {days.map((day, place) => {
          const height = (HEIGHT * cents(day.paid.sum)) / cents(best.paid.sum);
          return (
            <rect
              key={day.date}
              className={day === best ? styles.best : undefined}
              x={place * STEP + GAP / 2}
              y={HEIGHT - height}
              width={STEP - GAP}
              height={height}
            />
          );
        })}
      </svg>
      <p className={styles.ends} aria-hidden="true">
        <span>{first && formatDay(first.date, language)}</span>
        <span>{last && formatDay(last.date, language)}</span>
      </p>
      <details>
        <summary>{t("charts.table")}</summary>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("charts.day")}</th>
              <th scope="col">{t("charts.received")}</th>
              <th scope="col">{t("charts.returned")}</th>
            </tr>
          </thead>
          <tbody>
            {days
              .filter((day) => day.paid.count + day.refunded.count > 0)
              .map((day) => (
                <tr key={day.date}>
                  <th scope="row">{formatDay(day.date, language)}</th>
                  <td>{formatMoney(day.paid.sum, language)}</td>
                  <td>{formatMoney(day.refunded.sum, language)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

type Part = Tally & { key: string; name: string };

function Shares({ title, parts, total }: { title: string; parts: readonly Part[]; total: string }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const ordered = [...parts].sort((one, other) => cents(other.sum) - cents(one.sum));
  return (
    <section className={styles.shares}>
      <h3>{title}</h3>
      <ul>
        {ordered.map((part) => (
          <li key={part.key}>
            <span className={styles.shareName}>{part.name}</span>
            <span className={styles.shareSum}>
              {t("charts.share", {
                sum: formatMoney(part.sum, language),
                percent: percent(part.sum, total),
              })}
            </span>
            <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
              <rect width="100" height="1" className={styles.track} />
              <rect width={percent(part.sum, total)} height="1" />
            </svg>
            <span className={styles.quiet}>{t("charts.times", { count: part.count })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
