import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "@/lib/api/client";
import type { Invoice } from "@/lib/api/types";
import { formatDate, formatMoney } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import {
  Awaited,
  Button,
  ButtonLink,
  DownloadIcon,
  EmptyState,
  Page,
  Pill,
  SkeletonList,
} from "@/ui";
import styles from "./Invoices.module.css";

export const invoicesQuery = infiniteQueryOptions({
  queryKey: ["invoices"],
  queryFn: ({ pageParam }) =>
    body(api.GET("/api/invoices", { params: { query: { page: pageParam } } })),
  initialPageParam: 1,
  getNextPageParam: (last, _all, page) => (last.next ? page + 1 : undefined),
});

export function InvoicesPage() {
  const { t } = useTranslation(["patient", "common"]);
  const list = useInfiniteQuery(invoicesQuery);
  const invoices = list.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <Page title={t("invoices.title")} narrow>
      <Awaited of={list} title={t("page.load_failed")}>
        <SkeletonList height="88px" />
      </Awaited>
      {list.data && invoices.length === 0 ? (
        <EmptyState
          title={t("invoices.empty_title")}
          action={<ButtonLink href="/">{t("appointments.book")}</ButtonLink>}
        >
          <p>{t("invoices.empty_text")}</p>
        </EmptyState>
      ) : null}
      <ul className={styles.list}>
        {invoices.map((invoice) => (
          <Item key={invoice.id} invoice={invoice} />
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

function Item({ invoice }: { invoice: Invoice }) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const isNote = invoice.document_type === "NC";
  return (
    <li className={styles.item}>
      <div>
        <p className={styles.total}>
          {formatMoney(invoice.gross_total, language)}
          {isNote ? <Pill tone="amber">{t("invoices.credit_note")}</Pill> : null}
        </p>
        <p className={styles.detail}>
          {formatDate(invoice.issued_on, language)} · {invoice.number}
          {invoice.credits ? ` · ${t("invoices.credits", { number: invoice.credits })}` : ""}
        </p>
        <p className={styles.detail}>
          {invoice.customer_name}
          {invoice.training ? ` · ${t("invoices.training")}` : ""}
        </p>
      </div>
      <ButtonLink
        variant="quiet"
        href={invoice.pdf_url}
        target="_blank"
        rel="noreferrer"
        aria-label={t(isNote ? "invoices.open_note_label" : "invoices.open_label", {
          number: invoice.number,
        })}
      >
        <DownloadIcon />
        {t("invoices.open")}
      </ButtonLink>
    </li>
  );
}
