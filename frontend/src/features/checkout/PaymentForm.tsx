import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isProblem } from "@/lib/api/problem";
import type {
  Checkout,
  InvoiceDetails,
  InvoiceMemory,
  Payment,
  PaymentMethod,
} from "@/lib/api/types";
import { formatMoney } from "@/lib/format";
import { isPortugueseMobile, toE164 } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, TextField, toast } from "@/ui";
import styles from "./Checkout.module.css";
import { usePay, type PaymentOrder } from "./data";
import { InvoiceChoice, shownOf } from "./InvoiceChoice";

/** What a person typed for paying. It outlives a refused attempt. */
export interface PaymentDetails {
  phone: string;
  invoice: InvoiceDetails;
  /** The invoice details are to be found again at the next payment. */
  keep: boolean;
}

/** Starts a payment with the chosen method. */
export function PaymentForm({
  checkout,
  token,
  method,
  details,
  onDetails,
  memory,
  onStarted,
}: {
  checkout: Checkout;
  token: string;
  method: PaymentMethod;
  details: PaymentDetails;
  onDetails: (change: Partial<PaymentDetails>) => void;
  memory: InvoiceMemory | null;
  onStarted: (payment: Payment) => void;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const pay = usePay(token);
  const { phone, invoice } = details;
  const [phoneTried, setPhoneTried] = useState(false);
  const attempt = useRef<{ order: string; key: string } | null>(null);
  const amount = formatMoney(checkout.amount, language);
  const refusal = useRefusal(pay.error, {
    ...(method === "mb_way" ? { phone } : {}),
    ...shownOf(invoice),
  });
  const phoneWrong = phoneTried && !isPortugueseMobile(phone);

  function start() {
    if (pay.isPending) return;
    if (method === "mb_way" && !isPortugueseMobile(phone)) {
      setPhoneTried(true);
      return;
    }
    const order: Omit<PaymentOrder, "key"> = {
      method,
      invoice,
      ...(method === "mb_way" ? { phone: toE164(phone) } : {}),
    };
    const text = JSON.stringify(order);
    // A press that got no answer is repeated under its old key; a decided one gets a new key.
    const undecided = isProblem(pay.error) && (pay.error.status === 0 || pay.error.status >= 500);
    if (!(undecided && attempt.current?.order === text)) {
      attempt.current = { order: text, key: crypto.randomUUID() };
    }
    pay.mutate(
      { ...order, key: attempt.current.key },
      {
        onSuccess: (payment) => {
          if (details.keep) keepInvoice();
          onStarted(payment);
        },
      },
    );
  }

  function keepInvoice() {
    const { tax_id = "", name = "", address = "" } = invoice;
    memory
      ?.keep({ tax_id, name, address })
      .catch(() => toast({ text: t("pay.invoice.not_kept"), tone: "bad" }));
  }

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={start}>
      {method === "mb_way" ? (
        <TextField
          label={t("pay.phone")}
          hint={t("pay.phone_hint")}
          type="tel"
          inputMode="tel"
          autoComplete="tel"
          value={phone}
          onChange={(next) => onDetails({ phone: next })}
          error={phoneWrong ? t("pay.phone_error") : refusal.at("phone")}
        />
      ) : (
        <p className={styles.note}>{t("pay.multibanco_intro")}</p>
      )}
      <InvoiceChoice
        value={invoice}
        keep={details.keep}
        memory={memory}
        onChange={(next, keep) => onDetails({ invoice: next, keep })}
        refusal={refusal}
      />
      <Button type="submit" variant="terra" size="large" wide isPending={pay.isPending}>
        {method === "mb_way" ? t("pay.pay_mb_way", { amount }) : t("pay.get_reference")}
      </Button>
    </Form>
  );
}
