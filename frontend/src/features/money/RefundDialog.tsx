import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MoneyPayment } from "@/lib/api/types";
import { formatMoney } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, Button, Dialog, ProblemBanner, SkeletonList, TextField, toast } from "@/ui";
import { amountFrom, rest, written } from "./amount";
import { paymentQuery, useRefund } from "./data";
import styles from "./Money.module.css";

/** Gives money back, after saying what will happen: it can't be undone. */
export function RefundDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation(["money", "common"]);
  const payment = useQuery(paymentQuery(id));
  if (payment.data) return <Form payment={payment.data} onClose={onClose} />;
  return (
    <Dialog
      title={t("payments.refund")}
      isOpen
      onClose={onClose}
      actions={
        <Button variant="quiet" onPress={onClose}>
          {t("common:action.close")}
        </Button>
      }
    >
      <Awaited of={payment}>
        <SkeletonList count={2} />
      </Awaited>
    </Dialog>
  );
}

function Form({ payment, onClose }: { payment: MoneyPayment; onClose: () => void }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  // What can be given back changes as soon as it is asked for, while the dialog is still there.
  const [most] = useState(payment.refundable);
  const [text, setText] = useState(written(most, language));
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const refund = useRefund(payment.id);
  const amount = amountFrom(text);
  const left = rest(amount, most);
  const money = (sum: string) => formatMoney(sum, language);

  function submit() {
    setTried(true);
    if (amount === null || left === null || !reason.trim()) return;
    refund.mutate(
      { amount, reason },
      {
        onSuccess: () => {
          toast({ text: t("refund.done", { amount: money(amount) }) });
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      title={t("refund.title", { name: payment.patient_name })}
      isOpen
      onClose={onClose}
      isDismissable={false}
      role="alertdialog"
      actions={
        <>
          <Button variant="quiet" onPress={onClose}>
            {t("refund.keep")}
          </Button>
          <Button variant="terra" onPress={submit} isPending={refund.isPending}>
            {amount !== null && left !== null
              ? t("refund.confirm", { amount: money(amount) })
              : t("refund.confirm_none")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <TextField
          label={t("refund.amount")}
          hint={t("refund.amount_hint", { amount: money(most) })}
          value={text}
          onChange={setText}
          inputMode="decimal"
          autoComplete="off"
          error={left === null ? t("refund.amount_bad", { amount: money(most) }) : null}
        />
        <TextField
          label={t("refund.reason")}
          hint={t("refund.reason_hint")}
          value={reason}
          onChange={setReason}
          maxLength={200}
          autoComplete="off"
          error={tried && !reason.trim() ? t("refund.reason_missing") : null}
        />
        {amount !== null && left !== null && (
          <div className={styles.outcome}>
            <p>
              {left === "0.00"
                ? t("refund.whole", { amount: money(amount) })
                : t("refund.part", { amount: money(amount), rest: money(left) })}
            </p>
            <p>
              {payment.invoice_number
                ? t("refund.note", { number: payment.invoice_number })
                : t("refund.no_note")}{" "}
              {t("refund.final")}
            </p>
          </div>
        )}
        <ProblemBanner error={refund.error} />
      </div>
    </Dialog>
  );
}
