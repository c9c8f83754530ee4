import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { MoneyIssue, Reconciliation, ReconciliationStanding } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDate, formatMoney, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, Banner, Button, Pill } from "@/ui";
import { reconciliationsQuery, settledQuery, standingsQuery } from "./data";
import styles from "./Money.module.css";
import { useProviderName } from "./provider";

/** What the nights' comparisons with the provider found, and what became of every issue. */
export function Books() {
  return (
    <div className={styles.settings}>
      <Reconciliations />
      <Settled />
    </div>
  );
}

function More({ list }: { list: { isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const { t } = useTranslation("common");
  return (
    <Button
      variant="quiet"
      isPending={list.isFetchingNextPage}
      onPress={() => void list.fetchNextPage()}
    >
      {t("action.more")}
    </Button>
  );
}

function useMoment() {
  const language = useLanguage();
  return (instant: string) => `${formatDate(civilDate(instant), language)}, ${formatTime(instant)}`;
}

function Reconciliations() {
  const { t } = useTranslation(["money", "common"]);
  const standings = useQuery(standingsQuery);
  const list = useInfiniteQuery(reconciliationsQuery);
  const runs = list.data?.pages.flatMap((page) => page.results);
  return (
    <section className={styles.panel} aria-labelledby="money-books">
      <h2 id="money-books">{t("books.title")}</h2>
      <p className={styles.quiet}>{t("books.text")}</p>
      <Awaited of={[standings, list]} title={t("load_failed")} />
      {standings.data?.map((each) => (
        <Standing key={each.provider} standing={each} />
      ))}
      {runs?.length === 0 && <p className={styles.quiet}>{t("books.none")}</p>}
      <ul className={styles.series}>
        {runs?.map((run) => (
          <Run key={run.id} run={run} />
        ))}
      </ul>
      {list.hasNextPage && <More list={list} />}
    </section>
  );
}

function Standing({ standing }: { standing: ReconciliationStanding }) {
  const { t } = useTranslation("money");
  const moment = useMoment();
  const nameOf = useProviderName();
  if (standing.state === "good") return null;
  return (
    <Banner
      tone={standing.state === "late" ? "terra" : "amber"}
      title={t(`books.standing.${standing.state}`, { provider: nameOf(standing.provider) })}
    >
      <p>
        {t(`books.standing_text.${standing.state}`, {
          moment: standing.last_at ? moment(standing.last_at) : "",
        })}
      </p>
    </Banner>
  );
}

function Run({ run }: { run: Reconciliation }) {
  const { t } = useTranslation("money");
  const moment = useMoment();
  const nameOf = useProviderName();
  const count = run.differences.length;
  return (
    <li>
      <strong>{moment(run.started_at)}</strong>{" "}
      <Pill tone={count ? "amber" : "sage"}>{t("books.differences", { count })}</Pill>
      <span className={styles.quiet}>
        {nameOf(run.provider)} · {t("books.asked", { count: run.asked })} ·{" "}
        {run.listed === null ? t("books.unlisted") : t("books.listed", { count: run.listed })}
        {run.unanswered > 0 && ` · ${t("books.unanswered", { count: run.unanswered })}`}
      </span>
      {count > 0 && (
        <details>
          <summary>{t("books.which")}</summary>
          <ul>
            {run.differences.map((each) => (
              <li key={each.about} className={styles.difference}>
                <Difference difference={each} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

const WORDS = [
  "none",
  "unheard",
  "pending",
  "paid",
  "refused",
  "expired",
  "failed",
  "refunded",
  "sent",
  "no answer",
  "unreconciled",
  "refund_failed",
  "chargeback",
  "charged_back",
  "applied",
  "too_late",
  "unknown_payment",
  "other_amount",
  "paid_twice",
  "not_our_refund",
  "not_followed",
] as const;

function Difference({ difference }: { difference: Reconciliation["differences"][number] }) {
  const { t } = useTranslation("money");
  const said = (code: string) => {
    const word = WORDS.find((each) => each === code);
    return word ? t(`books.words.${word}`) : code;
  };
  return (
    <>
      {t("books.difference", {
        ours: said(difference.ours),
        theirs: said(difference.theirs),
        outcome: said(difference.outcome),
      })}{" "}
      <span className={styles.quiet}>{difference.about}</span>
    </>
  );
}

function Settled() {
  const { t } = useTranslation(["money", "common"]);
  const list = useInfiniteQuery(settledQuery);
  const issues = list.data?.pages.flatMap((page) => page.results);
  return (
    <section className={styles.panel} aria-labelledby="money-settled">
      <h2 id="money-settled">{t("settled.title")}</h2>
      <Awaited of={list} title={t("load_failed")} />
      {issues?.length === 0 && <p className={styles.quiet}>{t("settled.none")}</p>}
      <ul className={styles.series}>
        {issues?.map((issue) => (
          <SettledRow key={issue.id} issue={issue} />
        ))}
      </ul>
      {list.hasNextPage && <More list={list} />}
    </section>
  );
}

function SettledRow({ issue }: { issue: MoneyIssue }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const moment = useMoment();
  const money = (amount: string | null | undefined) =>
    amount ? formatMoney(amount, language) : "–";
  const how =
    issue.settled_how === "refund" || issue.settled_how === "issue"
      ? t(`settled.by_${issue.settled_how}`)
      : issue.settled_by
        ? t("settled.by", { name: issue.settled_by })
        : t("settled.by_unknown");
  return (
    <li>
      <strong>{issue.patient_name ?? t("issues.unknown")}</strong> {money(issue.amount)}
      <span className={styles.quiet}>
        {t(`issues.${issue.kind}`, {
          amount: money(issue.amount),
          expected: money(issue.expected),
        })}
      </span>
      <span className={styles.quiet}>
        {issue.resolved_at && `${moment(issue.resolved_at)} · `}
        {how}
      </span>
      {issue.note && <p className={styles.note}>{issue.note}</p>}
    </li>
  );
}
