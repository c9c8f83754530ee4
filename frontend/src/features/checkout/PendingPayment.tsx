import { useTranslation } from "react-i18next";
import type { Payment } from "@/lib/api/types";
import { formatMoney, formatTime, groupDigits } from "@/lib/format";
import { formatPhone } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { CopyButton } from "@/ui";
import styles from "./Checkout.module.css";

/** A reference that its provider makes is not there at once. */
function isBeingMade(payment: Payment) {
  return payment.method === "multibanco" && payment.reference === null;
}

/** The three figures that a cash machine asks for. Copying gives digits only. */
export function MultibancoDetails({ payment }: { payment: Payment }) {
  const { t } = useTranslation(["patient", "common"]);
  const language = useLanguage();
  const entity = payment.entity ?? "";
  const reference = payment.reference ?? "";
  if (isBeingMade(payment)) return <p className={styles.note}>{t("pay.making_reference_note")}</p>;
  return (
    <>
      <dl className={styles.rows}>
        <div className={styles.row}>
          <dt>{t("pay.entity")}</dt>
          <dd>
            <span className={styles.digits}>{entity}</span>
            <CopyButton
              text={entity}
              label={t("common:action.copy")}
              copiedLabel={t("common:action.copied")}
              describe={t("pay.copy_entity")}
            />
          </dd>
        </div>
        <div className={styles.row}>
          <dt>{t("pay.reference")}</dt>
          <dd>
            <span className={styles.digits}>{groupDigits(reference)}</span>
            <CopyButton
              text={reference}
              label={t("common:action.copy")}
              copiedLabel={t("common:action.copied")}
              describe={t("pay.copy_reference")}
            />
          </dd>
        </div>
        <div className={styles.row}>
          <dt>{t("pay.amount")}</dt>
          <dd>
            <span className={styles.digits}>{formatMoney(payment.amount, language)}</span>
          </dd>
        </div>
      </dl>
      <p className={styles.note}>{t("pay.how_multibanco")}</p>
    </>
  );
}

export function MbWayDetails({ payment }: { payment: Payment }) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const values = {
    amount: formatMoney(payment.amount, language),
    phone: formatPhone(payment.phone ?? ""),
  };
  return (
    <div className={styles.approve}>
      <h2>{t("pay.approve_title")}</h2>
      <p>
        {payment.expires_at
          ? t("pay.approve_text", { ...values, time: formatTime(payment.expires_at) })
          : t("pay.approve_text_open", values)}
      </p>
    </div>
  );
}

/** What is waited for: the patient's money or, before it can come, the provider's reference. */
export function Waiting({ payment }: { payment: Payment }) {
  const { t } = useTranslation("patient");
  return (
    <p className={styles.waiting} role="status">
      <span className={styles.pulse} aria-hidden="true" />
      {isBeingMade(payment) ? t("pay.making_reference") : t("pay.waiting")}
    </p>
  );
}
