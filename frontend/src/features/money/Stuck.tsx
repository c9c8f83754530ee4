import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { StuckWork } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDate, formatMoney, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Button, ProblemBanner, toast } from "@/ui";
import { stuckQuery, useTold, useTryAgain } from "./data";
import styles from "./Money.module.css";

/** Work that has come to a halt: what it is about, since when and why. Nothing where there is none. */
export function Stuck() {
  const { t } = useTranslation(["money", "common"]);
  const list = useInfiniteQuery(stuckQuery);
  if (!list.data) {
    return <ProblemBanner error={list.error} onRetry={() => void list.refetch()} />;
  }
  const works = list.data.pages.flatMap((page) => page.results);
  if (works.length === 0) return null;
  return (
    <section aria-labelledby="money-stuck" className={styles.issues}>
      <h2 id="money-stuck" className={styles.heading}>
        {t("stuck.title")} ({list.data.pages[0]?.count})
      </h2>
      <p className={styles.quiet}>{t("stuck.text")}</p>
      <ul>
        {works.map((work) => (
          <Work key={work.id} work={work} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button
          variant="quiet"
          isPending={list.isFetchingNextPage}
          onPress={() => void list.fetchNextPage()}
        >
          {t("common:action.more")}
        </Button>
      )}
    </section>
  );
}

function Work({ work }: { work: StuckWork }) {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const again = useTryAgain();
  const told = useTold();
  const error = again.error ?? told.error;
  const { name, document, amount, visit_at: visit } = work.subject;
  const moment = (at: string) => `${formatDate(civilDate(at), language)}, ${formatTime(at)}`;
  const about = [
    name,
    document,
    visit && t("stuck.visit", { moment: moment(visit) }),
    t("stuck.since", { moment: moment(work.since) }),
  ];
  return (
    <li className={styles.issue}>
      <p className={styles.issueSum}>{amount ? formatMoney(amount, language) : null}</p>
      <div>
        <p className={styles.issueWhat}>{work.what}</p>
        <p className={styles.quiet}>{about.filter(Boolean).join(" · ")}</p>
        <p>
          {work.why}{" "}
          {work.next_at ? t("stuck.next", { time: formatTime(work.next_at) }) : t("stuck.aside")}
        </p>
        <ProblemBanner error={error} />
      </div>
      <div className={styles.issueDo}>
        <Button
          variant="quiet"
          isPending={again.isPending}
          aria-label={t("stuck.again_about", { what: work.what, name })}
          onPress={() =>
            again.mutate(work.id, { onSuccess: () => toast({ text: t("stuck.tried") }) })
          }
        >
          {t("stuck.again")}
        </Button>
        {work.is_to_tell && (
          <Button
            variant="quiet"
            isPending={told.isPending}
            aria-label={t("stuck.told_about", { what: work.what, name })}
            onPress={() =>
              told.mutate(work.id, { onSuccess: () => toast({ text: t("stuck.noted") }) })
            }
          >
            {t("stuck.told")}
          </Button>
        )}
      </div>
    </li>
  );
}
