import { useTranslation } from "react-i18next";
import type { Checkout } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDayLong, formatMoney, formatTime } from "@/lib/format";
import { mapHref } from "@/lib/map";
import { useLanguage } from "@/lib/useLanguage";
import { ButtonLink, CalendarIcon, CheckIcon, PinIcon, Spinner } from "@/ui";
import styles from "./Checkout.module.css";

export interface Place {
  name: string;
  address: string;
}

/** Paid: when, where, what to do on arrival, and what will come by SMS and e-mail. */
export function Receipt({
  checkout,
  place,
  token,
}: {
  checkout: Checkout;
  place: Place;
  token: string;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const { appointment } = checkout;
  const specialty =
    language === "pt" ? appointment.specialty.name_pt : appointment.specialty.name_en;
  const isConfirming = checkout.status === "pending";

  return (
    <div className={styles.receipt}>
      <div className={styles.ok}>{isConfirming ? <Spinner /> : <CheckIcon size={34} />}</div>
      <p className={styles.receiptWhen}>
        {formatDayLong(civilDate(appointment.start), language)}
        <span className={styles.receiptTime}>{formatTime(appointment.start)}</span>
      </p>
      <p className={styles.note}>
        {specialty}, {t("pay.with", { name: appointment.practitioner.name })}
      </p>
      {isConfirming ? <p role="status">{t("pay.paid_confirming")}</p> : null}
      <div className={styles.actions}>
        <ButtonLink href={`/api/checkout/${token}/calendar.ics`} download="vez.ics">
          <CalendarIcon />
          {t("pay.calendar")}
        </ButtonLink>
        {place.address ? (
          <ButtonLink
            variant="quiet"
            href={mapHref(place.address)}
            target="_blank"
            rel="noreferrer"
          >
            <PinIcon />
            {t("pay.directions")}
          </ButtonLink>
        ) : null}
      </div>
      <dl className={styles.facts}>
        <div className={styles.fact}>
          <dt>{t("pay.paid_next")}</dt>
          <dd>{t("pay.paid_code")}</dd>
        </div>
        <div className={styles.fact}>
          <dt>{t("pay.title")}</dt>
          <dd>
            {t("pay.paid_amount", { amount: formatMoney(checkout.amount, language) })}.{" "}
            {t("pay.paid_invoice")}
          </dd>
        </div>
        {place.address ? (
          <div className={styles.fact}>
            <dt>{place.name}</dt>
            <dd>{place.address}</dd>
          </div>
        ) : null}
      </dl>
      <ButtonLink variant="plain" href="/consultas" className={styles.start}>
        {t("pay.see_appointments")}
      </ButtonLink>
    </div>
  );
}
