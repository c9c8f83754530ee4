import { useInfiniteQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import type { Access } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDay, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, Button, EmptyState, Page, SkeletonList } from "@/ui";
import { accessesQuery } from "./data";
import styles from "./Profile.module.css";

export function AccessesPage() {
  const { t } = useTranslation(["patient", "common"]);
  const list = useInfiniteQuery(accessesQuery);
  const accesses = list.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <Page
      title={t("accesses.title")}
      back={{ href: "/eu", label: t("me.title") }}
      lead={t("accesses.intro")}
      narrow
    >
      <Awaited of={list} title={t("page.load_failed")}>
        <SkeletonList height="64px" />
      </Awaited>
      {list.data && accesses.length === 0 ? (
        <EmptyState title={t("accesses.empty_title")}>
          <p>{t("accesses.empty_text")}</p>
        </EmptyState>
      ) : null}
      <ul className={styles.accesses}>
        {accesses.map((access, index) => (
          <Item key={`${access.at} ${index}`} access={access} />
        ))}
      </ul>
      {list.hasNextPage ? (
        <Button
          variant="quiet"
          isPending={list.isFetchingNextPage}
          onPress={() => void list.fetchNextPage()}
        >
          {t("common:action.more")}
        </Button>
      ) : null}
    </Page>
  );
}

function Item({ access }: { access: Access }) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const { actor } = access;
  const roles = t("accesses.role", { returnObjects: true });
  const role = actor.role in roles ? roles[actor.role as keyof typeof roles] : null;
  const who =
    actor.kind === "user"
      ? actor.role === "patient"
        ? t("accesses.you")
        : [actor.name, role].filter(Boolean).join(", ")
      : t(`accesses.${actor.kind}`);
  const key = `patient:accesses.action.${access.action.replaceAll(".", "_")}`;
  const what = i18next.exists(key)
    ? (i18next.t as unknown as (key: string) => string)(key)
    : t("accesses.other");
  return (
    <li className={styles.access}>
      <span className={styles.who}>{who}</span>
      <span className={styles.what}>{what}</span>
      <time className={styles.at} dateTime={access.at}>
        {formatDay(civilDate(access.at), language)} · {formatTime(access.at)}
      </time>
    </li>
  );
}
