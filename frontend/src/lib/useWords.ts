import { useTranslation } from "react-i18next";
import { addDays, civilDate, type CivilDate, type Instant } from "./civil";
import { serverClock } from "./clock";
import type { SpecialtyRef, Wait } from "./api/types";
import { formatDay, formatTime, waitWords } from "./format";
import { useLanguage } from "./useLanguage";

/** Sentences that several pages need, in the language of the page. */
export function useWords() {
  const { t } = useTranslation("common");
  const language = useLanguage();

  function wait(range: Wait): string {
    const words = waitWords(range);
    if (words.kind === "any_moment") return t("wait.any_moment");
    return words.low === 0
      ? t("wait.up_to", { high: words.high })
      : t("wait.range", { low: words.low, high: words.high });
  }

  /** `hoje`, `amanhã`, or `sex, 27 nov`. */
  function day(date: CivilDate): string {
    const today = civilDate(serverClock.now());
    if (date === today) return t("day.today");
    if (date === addDays(today, 1)) return t("day.tomorrow");
    return formatDay(date, language);
  }

  /** `sex, 27 nov · 10:30`. */
  function dayAndTime(instant: Instant): string {
    return `${formatDay(civilDate(instant), language)} · ${formatTime(instant)}`;
  }

  function name(specialty: Pick<SpecialtyRef, "name_pt" | "name_en">): string {
    return language === "pt" ? specialty.name_pt : specialty.name_en;
  }

  return { wait, day, dayAndTime, name };
}
