import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { api, body } from "@/lib/api/client";
import type {
  CheckInRules,
  CheckInsOfDay,
  KeptData,
  PrivacyReport,
  SpentTries,
} from "@/lib/api/types";
import { civilDate, type Instant } from "@/lib/civil";
import { formatDate, formatTime, type Language } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, Banner, Button, Figures, ProblemBanner, SkeletonList, Switch, toast } from "@/ui";
import list from "@/ui/ListPage.module.css";
import styles from "./KeptFaces.module.css";

const reportQuery = queryOptions({
  queryKey: ["privacy"],
  queryFn: () => body(api.GET("/api/staff/privacy")),
});

const triesQuery = queryOptions({
  queryKey: ["privacy", "spent-tries"],
  queryFn: () => body(api.GET("/api/staff/spent-tries")),
});

const COUNTS = [
  "accepted",
  "confirmed",
  "unknown",
  "unusable",
  "unavailable",
  "by_code",
  "liveness_passed",
  "liveness_failed",
  "liveness_not_assessed",
] as const;
const SHARES = ["accepted", "confirmed", "unknown"] as const;

/** What is kept about faces, for the data-protection officer: printable. */
export function KeptFaces() {
  const { t } = useTranslation(["privacy", "common"]);
  const report = useQuery(reportQuery);
  const language = useLanguage();
  const moment = report.data?.generated_at;
  return (
    <>
      <div className={list.head}>
        <div>
          <h1 className={list.title}>{t("title")}</h1>
          {moment && (
            <p className={list.quiet}>
              {t("text", {
                day: formatDate(civilDate(moment), language),
                time: formatTime(moment),
              })}
            </p>
          )}
        </div>
        {report.data && (
          <div className={styles.print}>
            <Button variant="quiet" onPress={() => window.print()}>
              {t("print")}
            </Button>
          </div>
        )}
      </div>
      <Awaited of={report} title={t("load_failed")}>
        <SkeletonList count={6} />
      </Awaited>
      {report.data && <Report report={report.data} />}
    </>
  );
}

function Report({ report }: { report: PrivacyReport }) {
  const { t } = useTranslation("privacy");
  const { consents_in_force: consents, patients_enrolled: patients, templates } = report;
  return (
    <>
      <Warnings report={report} />
      <Figures
        figures={[
          { name: t("figures.consents", { count: consents }), value: consents },
          { name: t("figures.patients", { count: patients }), value: patients },
          { name: t("figures.templates", { count: templates.total }), value: templates.total },
        ]}
      />
      <Facts report={report} />
      <Rules rules={report.rules} isAlive={report.engine.liveness !== null} />
      <Tries />
      <Kept report={report} />
      <Days days={report.days} />
    </>
  );
}

function Warnings({ report: { templates, retention } }: { report: PrivacyReport }) {
  const { t } = useTranslation("privacy");
  const found = [
    retention.late && t(retention.last_run ? "warning.late_run" : "warning.no_run"),
    retention.overdue_faces > 0 && t("warning.overdue", { count: retention.overdue_faces }),
    retention.undone_erasures > 0 &&
      t("warning.undone_erasures", { count: retention.undone_erasures }),
    templates.unreadable > 0 && t("warning.unreadable", { count: templates.unreadable }),
    templates.older_key > 0 && t("warning.older_key", { count: templates.older_key }),
  ].filter((text) => text !== false);
  if (found.length === 0) return null;
  return (
    <div className={styles.warnings}>
      <Banner tone="amber" title={t("warning.title")}>
        {found.map((text) => (
          <p key={text}>{text}</p>
        ))}
      </Banner>
    </div>
  );
}

/** What is asked of whoever checks in by face: the clinic's own choice. */
function Rules({ rules, isAlive }: { rules: CheckInRules; isAlive: boolean }) {
  const { t } = useTranslation("privacy");
  const unsure = isAlive ? "rules.unsure_alive" : "rules.unsure";
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (chosen: CheckInRules) =>
      body(api.PUT("/api/staff/check-in-rules", { body: chosen })),
    onSuccess: (chosen) => {
      client.setQueryData(reportQuery.queryKey, (old) => old && { ...old, rules: chosen });
      toast({ text: t("rules.saved") });
    },
  });
  const { always_confirm: isAlways } = change.isPending ? change.variables : rules;
  return (
    <section className={styles.section} aria-labelledby="rules">
      <h2 id="rules">{t("rules.title")}</h2>
      <p className={styles.choice}>{t(isAlways ? "rules.always" : unsure)}</p>
      <div className={styles.switch}>
        <Switch
          isSelected={isAlways}
          isDisabled={change.isPending}
          onChange={(chosen) => change.mutate({ always_confirm: chosen })}
        >
          {t("rules.always_confirm")}
        </Switch>
      </div>
      <ProblemBanner error={change.error} />
    </section>
  );
}

/** Who may have been guessed for, and where. */
function Tries() {
  const { t } = useTranslation(["privacy", "common"]);
  const tries = useQuery(triesQuery);
  return (
    <section className={styles.section}>
      <h2 id="tries">{t("tries.title")}</h2>
      <p className={list.quiet}>{t("tries.text")}</p>
      <Awaited of={tries} title={t("tries.load_failed")}>
        <SkeletonList count={2} />
      </Awaited>
      {tries.data?.length === 0 && <p>{t("tries.empty")}</p>}
      {tries.data && tries.data.length > 0 && <TriesTable tries={tries.data} />}
    </section>
  );
}

function TriesTable({ tries }: { tries: SpentTries[] }) {
  const { t } = useTranslation("privacy");
  const language = useLanguage();
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-labelledby="tries">
      <table className={styles.table}>
        <thead>
          <tr>
            {(["when", "what", "kiosk", "patient"] as const).map((column) => (
              <th key={column} scope="col">
                {t(`tries.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tries.map((one) => (
            <tr key={`${one.at} ${one.patient?.id ?? one.kiosk}`}>
              <th scope="row">{moment(one.at, language)}</th>
              <td>{t(`tries.${one.kind}`)}</td>
              <td>{one.kiosk}</td>
              <td>{one.patient?.full_name ?? t("tries.nobody")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Facts({ report: { engine, templates, retention, ...report } }: { report: PrivacyReport }) {
  const { t } = useTranslation("privacy");
  const language = useLanguage();
  const { accept, confirm, margin, liveness } = engine;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
  const engines = templates.by_engine.map((one) => `${one.engine}: ${String(one.templates)}`);
  return (
    <section className={styles.section}>
      <h2>{t("facts.title")}</h2>
      <dl className={styles.facts}>
        <dt>{t("facts.engine")}</dt>
        <dd>{t(`facts.${engine.runs}`, { name: engine.name })}</dd>
        {accept !== null && confirm !== null && margin !== null && (
          <>
            <dt>{t("facts.thresholds")}</dt>
            <dd>
              {t(engine.runs === "amazon" ? "facts.similarities" : "facts.distances", {
                accept: number.format(accept),
                confirm: number.format(confirm),
                margin: number.format(margin),
              })}
            </dd>
          </>
        )}
        {engine.runs !== "off" && (
          <>
            <dt>{t("facts.alive")}</dt>
            <dd>
              {liveness === null
                ? t("facts.alive_unchecked")
                : t("facts.alive_checked", { limit: number.format(liveness) })}
            </dd>
          </>
        )}
        <dt>{t("facts.consent")}</dt>
        <dd>{t("facts.consent_value", { version: report.consent_version })}</dd>
        <dt>{t("facts.by_engine")}</dt>
        <dd>{engines.join("; ") || t("none")}</dd>
        <dt>{t("facts.oldest")}</dt>
        <dd>{templates.oldest ? moment(templates.oldest, language) : t("none")}</dd>
        <dt>{t("facts.run")}</dt>
        <dd>
          {t("facts.run_value", {
            moment: retention.last_run ? moment(retention.last_run, language) : t("never"),
            every: span(retention.every_seconds, t),
          })}
        </dd>
      </dl>
    </section>
  );
}

function Kept({ report: { kept, retention } }: { report: PrivacyReport }) {
  const { t } = useTranslation("privacy");
  const language = useLanguage();
  const limit = ({ months, seconds }: KeptData) => {
    if (months !== null) return t("span.months", { count: months });
    return seconds === null ? t("kept.forever") : span(seconds, t);
  };
  return (
    <section className={styles.section}>
      <h2 id="kept">{t("kept.title")}</h2>
      <p className={list.quiet}>
        {t("kept.text", {
          pictures: span(retention.pictures_every_seconds, t),
          rest: span(retention.every_seconds, t),
        })}
      </p>
      <div className={styles.scroll} tabIndex={0} role="region" aria-labelledby="kept">
        <table className={styles.table}>
          <thead>
            <tr>
              {(["what", "place", "limit", "seen"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`kept.${column}`)}
                </th>
              ))}
              <th scope="col" className={styles.number}>
                {t("kept.records")}
              </th>
              <th scope="col">{t("kept.oldest")}</th>
            </tr>
          </thead>
          <tbody>
            {kept.map((one) => (
              <tr key={one.what}>
                <th scope="row">{t(`data.${one.what}`)}</th>
                <td>{t(`place.${one.place}`)}</td>
                <td>{limit(one)}</td>
                <td>
                  {one.seen_by.map((viewer) => t(`viewer.${viewer}`)).join(", ") ||
                    t("kept.nobody")}
                </td>
                <td className={styles.number}>{one.records}</td>
                <td>{one.oldest ? formatDate(civilDate(one.oldest), language) : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Days({ days }: { days: CheckInsOfDay[] }) {
  const { t } = useTranslation("privacy");
  const language = useLanguage();
  return (
    <section className={styles.section}>
      <h2 id="days">{t("days.title")}</h2>
      <p className={list.quiet}>{days.length > 0 ? t("days.text") : t("days.empty")}</p>
      {days.length > 0 && (
        <div className={styles.scroll} tabIndex={0} role="region" aria-labelledby="days">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">{t("days.day")}</th>
                <th scope="col">{t("days.share")}</th>
                {COUNTS.map((count) => (
                  <th key={count} scope="col" className={styles.number}>
                    {t(`days.${count}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.day}>
                  <th scope="row" className={styles.day}>
                    {formatDate(day.day, language)}
                  </th>
                  <td>
                    <Share day={day} />
                  </td>
                  {COUNTS.map((count) => (
                    <td key={count} className={styles.number}>
                      {day[count]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The day's faces as one bar: the numbers beside it say the same. */
function Share({ day }: { day: CheckInsOfDay }) {
  const total = SHARES.reduce((sum, part) => sum + day[part], 0);
  if (total === 0) return null;
  const before = { accepted: 0, confirmed: day.accepted, unknown: day.accepted + day.confirmed };
  return (
    <svg
      className={styles.bar}
      viewBox={`0 0 ${String(total)} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {SHARES.map((part) => (
        <rect key={part} className={styles[part]} x={before[part]} width={day[part]} height="1" />
      ))}
    </svg>
  );
}

const UNITS = [
  ["days", 86_400],
  ["hours", 3600],
  ["minutes", 60],
] as const;

/** A length of time in the largest unit that divides it. */
function span(seconds: number, t: TFunction<"privacy">): string {
  const unit = UNITS.find(([, size]) => seconds >= size && seconds % size === 0);
  return unit
    ? t(`span.${unit[0]}`, { count: seconds / unit[1] })
    : t("span.seconds", { count: seconds });
}

function moment(instant: Instant, language: Language): string {
  return `${formatDate(civilDate(instant), language)}, ${formatTime(instant)}`;
}
