import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import type { MoneyPayment, PaymentStatus } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDate, formatMoney, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import {
  Awaited,
  Button,
  Dialog,
  EmptyState,
  Pill,
  Select,
  SkeletonList,
  TextField,
  type Tone,
} from "@/ui";
import { cents } from "./amount";
import { paymentQuery, paymentsQuery } from "./data";
import styles from "./Money.module.css";
import { useProviderName } from "./provider";
import { RefundDialog } from "./RefundDialog";

const ANY = "any";
const TONES: Readonly<Record<PaymentStatus, Tone>> = {
  pending: "amber",
  paid: "sage",
  refused: "faint",
  expired: "faint",
  failed: "faint",
  refunded: "terra",
};
const STATUSES = Object.keys(TONES) as PaymentStatus[];

/** Every payment, to be found by whom it is of, its document or its state. */
export function Payments() {
  const { t } = useTranslation(["money", "common"]);
  const [text, setText] = useState("");
  const [status, setStatus] = useState<PaymentStatus | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [refunding, setRefunding] = useState<string | null>(null);
  const list = useInfiniteQuery(paymentsQuery(useDeferredValue(text.trim()), status));
  const payments = list.data?.pages.flatMap((page) => page.results) ?? [];
  const count = list.data?.pages[0]?.count ?? 0;
  return (
    <>
      <div className={styles.filters}>
        <TextField
          label={t("payments.search")}
          value={text}
          onChange={setText}
          autoComplete="off"
          maxLength={80}
          type="search"
        />
        <Select
          label={t("payments.status")}
          options={[
            { value: ANY, label: t("payments.any") },
            ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
          ]}
          value={status ?? ANY}
          onChange={(value) => setStatus(value === ANY ? null : (value as PaymentStatus))}
        />
      </div>
      <Awaited of={list} title={t("load_failed")}>
        <SkeletonList count={6} />
      </Awaited>
      {list.data && (
        <p className={styles.count} role="status">
          {t("payments.found", { count })}
        </p>
      )}
      {list.data && count === 0 && (
        <EmptyState title={t("payments.none")}>
          <p>{t("payments.none_text")}</p>
        </EmptyState>
      )}
      {payments.length > 0 && (
        <ul className={styles.panel}>
          {payments.map((payment) => (
            <Row key={payment.id} payment={payment} onOpen={() => setOpen(payment.id)} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button
          variant="quiet"
          isPending={list.isFetchingNextPage}
          onPress={() => void list.fetchNextPage()}
        >
          {t("common:action.more")}
        </Button>
      )}
      {open && (
        <Detail
          id={open}
          onClose={() => setOpen(null)}
          onRefund={() => {
            setRefunding(open);
            setOpen(null);
          }}
        />
      )}
      {refunding && <RefundDialog id={refunding} onClose={() => setRefunding(null)} />}
    </>
  );
}

function Row({ payment, onOpen }: { payment: MoneyPayment; onOpen: () => void }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const amount = formatMoney(payment.amount, language);
  return (
    <li className={styles.row}>
      <span className={styles.sum}>{amount}</span>
      <span className={styles.who}>
        <button
          type="button"
          onClick={onOpen}
          aria-label={t("payments.open", { name: payment.patient_name, amount })}
        >
          {payment.patient_name}
        </button>
        <span className={styles.quiet}>
          {formatDate(civilDate(payment.created_at), language)} ·{" "}
          {payment.invoice_number ?? t("payments.no_invoice")}
        </span>
      </span>
      <span className={styles.quiet}>{t(`method.${payment.method}`)}</span>
      <span className={styles.state}>
        <Pill tone={TONES[payment.status]}>{t(`status.${payment.status}`)}</Pill>
        {payment.disputed && <span className={styles.quiet}>{t("payments.disputed")}</span>}
        {payment.status === "paid" && cents(payment.returned) > 0 && (
          <span className={styles.quiet}>
            {t("payments.returned", { amount: formatMoney(payment.returned, language) })}
          </span>
        )}
      </span>
    </li>
  );
}

function Detail({
  id,
  onClose,
  onRefund,
}: {
  id: string;
  onClose: () => void;
  onRefund: () => void;
}) {
  const { t } = useTranslation(["money", "common"]);
  const language = useLanguage();
  const found = useQuery(paymentQuery(id));
  const payment = found.data;
  const nameOf = useProviderName();
  const isRefundable = payment !== undefined && cents(payment.refundable) > 0;
  const moment = (instant: string) =>
    `${formatDate(civilDate(instant), language)}, ${formatTime(instant)}`;
  return (
    <Dialog
      title={
        payment
          ? `${payment.patient_name} · ${formatMoney(payment.amount, language)}`
          : t("common:state.loading")
      }
      isOpen
      onClose={onClose}
      actions={
        <>
          {isRefundable && !payment.disputed && payment.provider_refunds && (
            <Button variant="danger" onPress={onRefund}>
              {t("payments.refund")}
            </Button>
          )}
          <Button variant="quiet" onPress={onClose}>
            {t("common:action.close")}
          </Button>
        </>
      }
    >
      <Awaited of={found} />
      {payment && (
        <>
          <dl className={styles.facts}>
            <div>
              <dt>{t("payments.status")}</dt>
              <dd>{t(`status.${payment.status}`)}</dd>
            </div>
            <div>
              <dt>{t("payments.treatment")}</dt>
              <dd>{language === "pt" ? payment.specialty_pt : payment.specialty_en}</dd>
            </div>
            <div>
              <dt>{t("payments.method")}</dt>
              <dd>{t(`method.${payment.method}`)}</dd>
            </div>
            <div>
              <dt>{t("payments.provider")}</dt>
              <dd>{nameOf(payment.provider)}</dd>
            </div>
            <div>
              <dt>{t("payments.invoice")}</dt>
              <dd>{payment.invoice_number ?? t("payments.no_invoice")}</dd>
            </div>
            <div>
              <dt>{t("payments.created")}</dt>
              <dd>{moment(payment.created_at)}</dd>
            </div>
            {payment.paid_at && (
              <div>
                <dt>{t("payments.paid")}</dt>
                <dd>{moment(payment.paid_at)}</dd>
              </div>
            )}
          </dl>
          <h3 className={styles.subheading}>{t("payments.refunds")}</h3>
          {payment.disputed && <p className={styles.advice}>{t("payments.refund_disputed")}</p>}
          {isRefundable && !payment.disputed && !payment.provider_refunds && (
            <p className={styles.advice}>
              {t("payments.refund_by_hand", { provider: nameOf(payment.provider) })}
            </p>
          )}
          {payment.refunds.length === 0 && (
            <p className={styles.quiet}>{t("payments.no_refunds")}</p>
          )}
          <ul className={styles.refunds}>
            {payment.refunds.map((refund) => (
              <li key={refund.id}>
                <strong>{formatMoney(refund.amount, language)}</strong>{" "}
                {t(`refund_status.${refund.status}`)} ·{" "}
                {formatDate(civilDate(refund.requested_at), language)}
                <span className={styles.quiet}>
                  {[
                    refund.reason,
                    refund.credit_note && t("payments.credit_note", { number: refund.credit_note }),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
