import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isProblem } from "@/lib/api/problem";
import type { Checkout, InvoiceMemory, Payment, PaymentMethod } from "@/lib/api/types";
import { formatMoney } from "@/lib/format";
import { formatPhone } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { useServerNow } from "@/lib/useNow";
import {
  Awaited,
  Banner,
  Button,
  ButtonLink,
  EmptyState,
  Page,
  SegmentedControl,
  SkeletonList,
} from "@/ui";
import styles from "./Checkout.module.css";
import { checkoutQuery, paymentQuery } from "./data";
import { Hold } from "./Hold";
import { rememberedIn } from "./InvoiceChoice";
import { PaymentForm, type PaymentDetails } from "./PaymentForm";
import { MbWayDetails, MultibancoDetails, Waiting } from "./PendingPayment";
import { Receipt, type Place } from "./Receipt";

/** Everything that a payment link leads to, from choosing a method to the receipt. */
export function CheckoutPage({
  token,
  phone,
  memory,
  place,
}: {
  token: string;
  phone: string;
  memory: InvoiceMemory | null;
  place: Place;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const checkout = useQuery(checkoutQuery(token));

  if (checkout.data) {
    return (
      <Known checkout={checkout.data} token={token} phone={phone} memory={memory} place={place} />
    );
  }
  return (
    <Page narrow title={t("pay.title")}>
      {isProblem(checkout.error) && checkout.error.status === 404 ? (
        <EmptyState
          title={t("pay.link_title")}
          action={<ButtonLink href="/consultas">{t("pay.see_appointments")}</ButtonLink>}
        >
          <p>{t("pay.link_text")}</p>
        </EmptyState>
      ) : (
        <Awaited of={checkout} title={t("page.load_failed")}>
          <SkeletonList height="104px" />
        </Awaited>
      )}
    </Page>
  );
}

const OVER = new Set(["expired", "cancelled", "no_show"]);

function Known({
  checkout,
  token,
  phone,
  memory,
  place,
}: {
  checkout: Checkout;
  token: string;
  phone: string;
  memory: InvoiceMemory | null;
  place: Place;
}) {
  const { t } = useTranslation("patient");
  const now = useServerNow(5000);
  const isPaid = checkout.payment?.status === "paid";
  const heldUntil = checkout.hold_expires_at;
  const isLate = heldUntil !== null && new Date(heldUntil).getTime() < now;

  if (OVER.has(checkout.status) || (checkout.status === "pending" && isLate && !isPaid)) {
    const isCancelled = checkout.status === "cancelled";
    return (
      <Page narrow title={t("pay.title")}>
        <EmptyState
          title={isCancelled ? t("pay.cancelled_title") : t("pay.gone_title")}
          action={<ButtonLink href="/">{t("pay.gone_action")}</ButtonLink>}
        >
          <p>{isCancelled ? t("pay.cancelled_text") : t("pay.gone_text")}</p>
        </EmptyState>
      </Page>
    );
  }
  if (checkout.status !== "pending" || isPaid) {
    const title = checkout.status === "pending" ? t("pay.received_title") : t("pay.paid_title");
    return (
      <Page key="paid" narrow title={title}>
        <Receipt checkout={checkout} place={place} token={token} />
      </Page>
    );
  }
  return (
    <Page narrow title={t("pay.title")}>
      <Paying checkout={checkout} token={token} phone={phone} memory={memory} />
    </Page>
  );
}

function Paying({
  checkout,
  token,
  phone,
  memory,
}: {
  checkout: Checkout;
  token: string;
  phone: string;
  memory: InvoiceMemory | null;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const client = useQueryClient();
  const [started, setStarted] = useState<Payment | null>(null);
  const [method, setMethod] = useState<PaymentMethod>(checkout.payment?.method ?? "mb_way");
  const [isAnew, setAnew] = useState(false);
  const [typed, setTyped] = useState<Partial<PaymentDetails>>({});
  const details: PaymentDetails = {
    phone: formatPhone(phone),
    invoice: rememberedIn(memory),
    keep: false,
    ...typed,
  };

  const current = started ?? checkout.payment;
  const followed = useQuery({
    ...paymentQuery(token, current?.id ?? ""),
    enabled: current !== null,
    ...(current ? { initialData: current } : {}),
  });
  const payment = current ? (followed.data ?? current) : null;
  const status = payment?.status;

  useEffect(() => {
    if (status !== undefined && status !== "pending") {
      void client.invalidateQueries({ queryKey: ["checkout", token], exact: true });
      void client.invalidateQueries({ queryKey: ["appointments"] });
    }
  }, [status, client, token]);

  const { specialty, practitioner } = checkout.appointment;
  const isWaitingHere = payment?.status === "pending" && payment.method === method && !isAnew;

  return (
    <div className={styles.stack}>
      {checkout.hold_expires_at ? (
        <Hold checkout={checkout} until={checkout.hold_expires_at} />
      ) : null}
      <div>
        <p className={styles.amount}>{formatMoney(checkout.amount, language)}</p>
        <p className={styles.for}>
          {language === "pt" ? specialty.name_pt : specialty.name_en},{" "}
          {t("pay.with", { name: practitioner.name })}
        </p>
      </div>
      {payment && status && status !== "pending" && payment.method === method && !isAnew ? (
        <Outcome status={status} reason={payment.reason} />
      ) : null}
      <SegmentedControl
        label={t("pay.method")}
        hideLabel
        value={method}
        onChange={(next) => {
          setMethod(next);
          setAnew(false);
        }}
        segments={[
          { value: "mb_way", label: t("pay.mb_way") },
          { value: "multibanco", label: t("pay.multibanco") },
        ]}
      />
      {isWaitingHere ? (
        <>
          {payment.method === "multibanco" ? (
            <MultibancoDetails payment={payment} />
          ) : (
            <>
              <MbWayDetails payment={payment} />
              <div className={styles.others}>
                <Button variant="plain" onPress={() => setAnew(true)}>
                  {t("pay.other_number")}
                </Button>
                <Button variant="plain" onPress={() => setMethod("multibanco")}>
                  {t("pay.use_multibanco")}
                </Button>
              </div>
            </>
          )}
          <Waiting payment={payment} />
        </>
      ) : (
        <PaymentForm
          key={method}
          checkout={checkout}
          token={token}
          method={method}
          details={details}
          onDetails={(change) => setTyped((before) => ({ ...before, ...change }))}
          memory={memory}
          onStarted={(next) => {
            setStarted(next);
            setAnew(false);
          }}
        />
      )}
    </div>
  );
}

const EXPLAINED = ["not_enrolled", "timed_out", "provider_unavailable"] as const;

/** What became of a payment that wasn't made, and what to do next. */
function Outcome({ status, reason }: { status: Payment["status"]; reason: Payment["reason"] }) {
  const { t } = useTranslation("patient");
  if (status !== "refused" && status !== "expired" && status !== "failed") return null;
  const explained = EXPLAINED.find((one) => one === reason);
  return (
    <Banner tone="terra" title={t(`pay.${status}_title`)} live>
      <p>{explained ? t(`pay.reason.${explained}`) : t(`pay.${status}_text`)}</p>
    </Banner>
  );
}
