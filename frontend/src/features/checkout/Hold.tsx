import { useTranslation } from "react-i18next";
import type { Checkout } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDay, formatTime } from "@/lib/format";
import { useServerNow } from "@/lib/useNow";
import { useLanguage } from "@/lib/useLanguage";
import { CountdownRing } from "@/ui";
import styles from "./Checkout.module.css";

const HOLD_SECONDS = 15 * 60;

/** How long the time is still kept. Spoken once a minute at most. */
export function Hold({ checkout, until }: { checkout: Checkout; until: string }) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const now = useServerNow(1000);
  const left = (new Date(until).getTime() - now) / 1000;
  const minutes = Math.max(0, Math.ceil(left / 60));
  const { start } = checkout.appointment;
  return (
    <div className={styles.hold}>
      <CountdownRing secondsLeft={left} totalSeconds={HOLD_SECONDS} />
      <div>
        <p className={styles.holdTitle}>{t("pay.held_title")}</p>
        <p>
          {formatDay(civilDate(start), language)} · {formatTime(start)}
        </p>
        <p>{t("pay.held_until", { time: formatTime(until) })}</p>
        <p className="visually-hidden" role="timer">
          {t("pay.held_left", { count: minutes })}
        </p>
      </div>
    </div>
  );
}
