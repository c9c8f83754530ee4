import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Label, RadioButton, RadioField, RadioGroup } from "react-aria-components";
import type { CivilDate } from "@/lib/civil";
import { formatDayLong, formatDayNumber, formatMonth, formatWeekday } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Button, ChevronLeftIcon, ChevronRightIcon } from "@/ui";
import type { DayTimes } from "./data";
import styles from "./DayStrip.module.css";

/** Four weeks in one line. Days without a free time stay in their place, faint. */
export function DayStrip({
  days,
  value,
  onChange,
}: {
  days: readonly DayTimes[];
  value: CivilDate | null;
  onChange: (date: CivilDate) => void;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const strip = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = strip.current;
    const cell = element?.querySelector<HTMLElement>(`[data-date="${value ?? ""}"]`);
    if (!element || !cell) return;
    const left = cell.offsetLeft;
    const isOut =
      left < element.scrollLeft ||
      left + cell.offsetWidth > element.scrollLeft + element.clientWidth;
    if (isOut) element.scrollLeft = left - element.clientWidth / 3;
  }, [value]);

  function turn(direction: 1 | -1) {
    const element = strip.current;
    element?.scrollBy({ left: direction * element.clientWidth * 0.8, behavior: "smooth" });
  }

  return (
    <RadioGroup className={styles.group} orientation="horizontal" value={value} onChange={onChange}>
      <div className={styles.head}>
        <Label className={styles.label}>{t("book.day")}</Label>
        <div className={styles.arrows}>
          <Button
            variant="plain"
            className={styles.arrow}
            aria-label={t("book.earlier")}
            onPress={() => turn(-1)}
          >
            <ChevronLeftIcon />
          </Button>
          <Button
            variant="plain"
            className={styles.arrow}
            aria-label={t("book.later")}
            onPress={() => turn(1)}
          >
            <ChevronRightIcon />
          </Button>
        </div>
      </div>
      <div className={styles.strip} ref={strip}>
        {days.map(({ date, starts }, index) => {
          const spoken = formatDayLong(date, language);
          const isNewMonth = index === 0 || date.endsWith("-01");
          return (
            <div key={date} className={styles.cell} data-date={date}>
              <RadioField
                value={date}
                isDisabled={starts.length === 0}
                aria-label={
                  starts.length
                    ? t("book.day_free", { day: spoken, count: starts.length })
                    : t("book.day_none", { day: spoken })
                }
              >
                <RadioButton className={styles.day}>
                  <span className={styles.week}>{formatWeekday(date, language)}</span>
                  <span className={styles.number}>{formatDayNumber(date)}</span>
                  {isNewMonth ? (
                    <span className={styles.month}>{formatMonth(date, language)}</span>
                  ) : null}
                </RadioButton>
              </RadioField>
            </div>
          );
        })}
      </div>
    </RadioGroup>
  );
}
