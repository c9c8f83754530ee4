import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { civilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { formatPhone } from "@/lib/phone";
import { Awaited, Button, EmptyState, Skeleton } from "@/ui";
import { daysOf, stripQuery } from "./data";
import { DayStrip } from "./DayStrip";
import styles from "./SlotPicker.module.css";
import { TimeGrid } from "./TimeGrid";

/** Day strip and times for a specialty. The first day with a free time is shown at once. */
export function SlotPicker({
  specialty,
  practitioner,
  start,
  isReserving = false,
  onStart,
  onAnyPractitioner,
  phone,
}: {
  specialty: string;
  practitioner: string;
  start: string | null;
  /** The chosen time is being reserved, or is: it is gone for everybody else only. */
  isReserving?: boolean;
  onStart: (start: string | null) => void;
  onAnyPractitioner?: () => void;
  phone: string;
}) {
  const { t } = useTranslation("patient");
  const [today] = useState(() => civilDate(serverClock.now()));
  const slots = useQuery(stripQuery(specialty, practitioner, today));
  const days = useMemo(() => daysOf(slots.data ?? [], today), [slots.data, today]);
  const [picked, setPicked] = useState<string | null>(start ? civilDate(start) : null);

  const free = days.filter((day) => day.starts.length > 0);
  const shown = free.find((day) => day.date === picked) ?? free[0];

  // A chosen time that somebody else took meanwhile is no choice any more.
  const isGone =
    start !== null &&
    !isReserving &&
    slots.isSuccess &&
    !slots.isPlaceholderData &&
    !days.some((day) => day.starts.some((free) => +new Date(free) === +new Date(start)));
  useEffect(() => {
    if (isGone) onStart(null);
  }, [isGone, onStart]);

  if (!slots.data) {
    return (
      <Awaited of={slots}>
        <SlotSkeleton label={t("state.loading", { ns: "common" })} />
      </Awaited>
    );
  }
  if (!shown) {
    return (
      <EmptyState
        title={t("book.none_title")}
        action={
          practitioner && onAnyPractitioner ? (
            <Button variant="quiet" onPress={onAnyPractitioner}>
              {t("book.none_any")}
            </Button>
          ) : null
        }
      >
        <p>
          {t(practitioner ? "book.none_text" : "book.none_text_any", { phone: formatPhone(phone) })}
        </p>
      </EmptyState>
    );
  }
  return (
    <div className={styles.picker}>
      <DayStrip
        days={days}
        value={shown.date}
        onChange={(date) => {
          setPicked(date);
          if (start !== null && civilDate(start) !== date) onStart(null);
        }}
      />
      <TimeGrid day={shown} value={start} onChange={onStart} />
    </div>
  );
}

function SlotSkeleton({ label }: { label: string }) {
  return (
    <div className={styles.picker} role="status">
      <span className="visually-hidden">{label}</span>
      <Skeleton height="64px" radius="var(--radius-l)" />
      <div className={styles.skeletonTimes}>
        {Array.from({ length: 8 }, (_, index) => (
          <Skeleton key={index} height="48px" radius="var(--radius)" />
        ))}
      </div>
    </div>
  );
}
