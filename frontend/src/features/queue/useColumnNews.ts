import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { serverClock } from "@/lib/clock";
import type { Column } from "./column";
import { useChangeWords } from "./useChangeWords";

/**
 * What others have just done in the column at hand, for those who hear the page. One's own presses
 * are answered by their notice, and of many changes at once only the number is told.
 */
export function useColumnNews(column: Column | undefined, me: string): string {
  const { t } = useTranslation(["staff", "common"]);
  const whatChanged = useChangeWords();
  const seen = useRef<{ column: string; statuses: ReadonlyMap<string, string> } | null>(null);
  const [news, setNews] = useState("");

  useEffect(() => {
    if (!column) return;
    const all = [
      column.inside,
      column.called,
      column.waiting,
      column.expected,
      column.missing,
    ].flat();
    const before = seen.current?.column === column.id ? seen.current.statuses : null;
    seen.current = { column: column.id, statuses: new Map(all.map((one) => [one.id, one.status])) };
    if (!before) return;
    const changed = all.filter(
      (one) => before.get(one.id) !== one.status && one.changed_by?.name !== me,
    );
    const [first] = changed;
    if (!first) return;
    const name = first.patient.full_name;
    const done = whatChanged(first, serverClock.now()) ?? t(`common:status.${first.status}`);
    setNews(
      changed.length > 1
        ? t("column.changes", { count: changed.length })
        : t("by.said", { name, done }),
    );
  }, [column, me, t, whatChanged]);

  return news;
}
