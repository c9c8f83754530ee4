import { useTranslation } from "react-i18next";
import { Label, RadioButton, RadioField, RadioGroup } from "react-aria-components";
import { formatDayLong, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { partOfDay, sameInstant, type DayTimes, type PartOfDay } from "./data";
import styles from "./TimeGrid.module.css";

const PARTS: readonly PartOfDay[] = ["morning", "afternoon", "evening"];

/** The free times of one day, by part of day. */
export function TimeGrid({
  day,
  value,
  onChange,
}: {
  day: DayTimes;
  value: string | null;
  onChange: (start: string) => void;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const chosen = day.starts.find((start) => sameInstant(start, value)) ?? null;
  return (
    <RadioGroup className={styles.group} value={chosen} onChange={onChange}>
      <Label className={styles.label}>
        {t("book.time", { day: formatDayLong(day.date, language) })}
      </Label>
      {PARTS.map((part) => {
        const starts = day.starts.filter((start) => partOfDay(start) === part);
        if (starts.length === 0) return null;
        return (
          <div key={part} className={styles.part}>
            <span className={styles.partName} aria-hidden="true">
              {t(`book.${part}`)}
            </span>
            <div className={styles.times}>
              {starts.map((start) => (
                <RadioField key={start} value={start}>
                  <RadioButton className={styles.time}>{formatTime(start)}</RadioButton>
                </RadioField>
              ))}
            </div>
          </div>
        );
      })}
    </RadioGroup>
  );
}
