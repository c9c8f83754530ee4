import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MoneyIssue } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDate, formatMoney } from "@/lib/format";
import { formatPhone } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { Button, CheckIcon, Dialog, ProblemBanner, TextField, toast } from "@/ui";
import { AcceptDialog } from "./AcceptDialog";
import { issuesQuery, useSettle } from "./data";
import styles from "./Money.module.css";
import { RefundDialog } from "./RefundDialog";

/** Money that needs a person: what happened, and the one thing to do about it. */
export function Issues() {
  const { t } = useTranslation(["money", "common"]);
  const list = useInfiniteQuery(issuesQuery);
  const [settling, setSettling] = useState<MoneyIssue | null>(null);
  const [refunding, setRefunding] = useState<string | null>(null);
  const [accepting, setAccepting] = useState<string | null>(null);
  if (!list.data) {
    return <ProblemBanner error={list.error} onRetry={() => void list.refetch()} />;
  }
  const issues = list.data.pages.flatMap((page) => page.results);
  return (
    <section aria-labelledby="money-issues" className={styles.issues}>
      <h2 id="money-issues" className={styles.heading}>
        {t("issues.title")}
      </h2>
      {issues.length === 0 && (
        <p className={styles.nothing}>
          <CheckIcon size={18} /> {t("issues.none")}
        </p>
      )}
      <ul>
        {issues.map((issue) => (
          <Issue
            key={issue.id}
            issue={issue}
            onRefund={() => setRefunding(issue.payment)}
            onAccept={() => setAccepting(issue.id)}
            onSettle={() => setSettling(issue)}
          />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button
          variant="quiet"
          isPending={list.isFetchingNextPage}
          onPress={() => void list.fetchNextPage()}
        >
          {t("common:action.more")}
        </Button>
      )}
      {settling && <SettleDialog issue={settling} onClose={() => setSettling(null)} />}
      {refunding && <RefundDialog id={refunding} onClose={() => setRefunding(null)} />}
      {accepting && <AcceptDialog id={accepting} onClose={() => setAccepting(null)} />}
    </section>
  );
}

function Issue({
  issue,
  onRefund,
  onAccept,
  onSettle,
}: {
  issue: MoneyIssue;
  onRefund: () => void;
  onAccept: () => void;
  onSettle: () => void;
}) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const money = (amount: string | null | undefined) =>
    amount ? formatMoney(amount, language) : "–";
  return (
    <li className={styles.issue}>
      <p className={styles.issueSum}>{money(issue.amount)}</p>
      <div>
        <p className={styles.issueWhat}>
          {t(`issues.${issue.kind}`, {
            amount: money(issue.amount),
            expected: money(issue.expected),
          })}
        </p>
        <p className={styles.quiet}>
          {issue.patient_name ?? t("issues.unknown")} ·{" "}
          {formatDate(civilDate(issue.created_at), language)}
          {issue.reference && !issue.patient_name
            ? ` · ${t("issues.reference", { reference: issue.reference })}`
            : ""}
        </p>
        {issue.refusal && (
          <p>{t(`issues.refusal.${issue.refusal}`, { told: issue.refusal_told })}</p>
        )}
        <p>
          {t(`issues.advice.${issue.action}`)}{" "}
          {issue.patient_phone && (
            <a href={`tel:${issue.patient_phone}`}>{formatPhone(issue.patient_phone)}</a>
          )}
        </p>
      </div>
      {issue.action !== "wait" && (
        <div className={styles.issueDo}>
          {issue.action === "refund" && <Button onPress={onRefund}>{t("issues.refund")}</Button>}
          {(issue.action === "accept" || issue.action === "contest") && (
            <Button variant={issue.action === "accept" ? "pine" : "quiet"} onPress={onAccept}>
              {t("issues.accept")}
            </Button>
          )}
          <Button variant="quiet" onPress={onSettle}>
            {t("issues.settle")}
          </Button>
        </div>
      )}
    </li>
  );
}

function SettleDialog({ issue, onClose }: { issue: MoneyIssue; onClose: () => void }) {
  const { t } = useTranslation(["money", "common"]);
  const [note, setNote] = useState("");
  const settle = useSettle();

  function submit() {
    settle.mutate(
      { id: issue.id, note },
      {
        onSuccess: () => {
          toast({ text: t("issues.settled") });
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      title={t("issues.settle_title")}
      isOpen
      onClose={onClose}
      isDismissable={false}
      actions={
        <>
          <Button onPress={submit} isPending={settle.isPending} isDisabled={!note.trim()}>
            {t("issues.settle")}
          </Button>
          <Button variant="plain" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>{t("issues.settle_text")}</p>
        <TextField
          label={t("issues.settle_note")}
          value={note}
          onChange={setNote}
          maxLength={500}
          autoComplete="off"
        />
        <ProblemBanner error={settle.error} />
      </div>
    </Dialog>
  );
}
