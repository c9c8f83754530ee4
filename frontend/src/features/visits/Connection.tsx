import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { civilDate, type Instant } from "@/lib/civil";
import { formatTime } from "@/lib/format";
import { useToday } from "@/lib/useNow";
import { useWords } from "@/lib/useWords";
import { classes } from "@/ui";
import styles from "./Visits.module.css";

const BACK_MS = 6000;

/** `old`: being asked for again, with no failure yet. */
export type Freshness = "fresh" | "old" | "lost";

/** Says how old what is shown is when it may no longer be true, and when it is true again. */
export function Connection({ freshness, asOf }: { freshness: Freshness; asOf: Instant | null }) {
  const { t } = useTranslation("patient");
  const words = useWords();
  const today = useToday();
  const [before, setBefore] = useState(freshness);
  const [isBack, setBack] = useState(false);
  if (freshness !== before) {
    setBefore(freshness);
    setBack(before === "lost" && freshness === "fresh");
  }

  useEffect(() => {
    if (!isBack) return;
    const timer = setTimeout(() => setBack(false), BACK_MS);
    return () => clearTimeout(timer);
  }, [isBack]);

  function when(): string {
    if (asOf === null) return "";
    return civilDate(asOf) === today
      ? t("connection.at", { time: formatTime(asOf) })
      : t("connection.on", { when: words.dayAndTime(asOf) });
  }

  const isShown = freshness !== "fresh" || isBack;
  return (
    <p
      role="status"
      className={
        isShown
          ? classes(styles.connection, freshness === "lost" && styles.lost)
          : "visually-hidden"
      }
    >
      {freshness === "fresh" ? null : t(`connection.${freshness}`, { when: when() })}
      {isBack ? t("connection.back") : null}
    </p>
  );
}
