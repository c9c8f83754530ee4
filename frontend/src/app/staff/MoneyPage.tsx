import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useMe } from "@/features/auth";
import { Books, Documents, Issues, Payments, Stuck, Takings } from "@/features/money";
import { addWords } from "@/lib/i18n";
import { en } from "@/locales/en/money";
import { pt } from "@/locales/pt/money";
import { EmptyState, SegmentedControl, SkeletonList } from "@/ui";
import list from "@/ui/ListPage.module.css";
import styles from "./MoneyPage.module.css";

addWords("money", { pt, en });

const VIEWS = { takings: "resumo", payments: "pagamentos", documents: "documentos" } as const;
type View = keyof typeof VIEWS;
const NAMES = Object.keys(VIEWS) as View[];

/** What came in, what needs a person, and how documents are issued: for the manager. */
export function MoneyPage() {
  const { t } = useTranslation(["money", "staff", "common"]);
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const view = NAMES.find((name) => VIEWS[name] === search.get("vista")) ?? "takings";
  if (me.data?.role !== "manager") {
    return (
      <main className={list.page} id="content">
        <h1 className={list.title}>{t("title")}</h1>
        {me.isPending ? (
          <SkeletonList count={4} />
        ) : (
          <EmptyState title={t("staff:money_only_manager")} />
        )}
      </main>
    );
  }
  return (
    <main className={list.page} id="content">
      <div className={list.head}>
        <h1 className={list.title}>{t("title")}</h1>
        <div className={styles.views}>
          <SegmentedControl
            label={t("view.label")}
            hideLabel
            value={view}
            onChange={(next) => setSearch({ vista: VIEWS[next] }, { replace: true })}
            segments={NAMES.map((value) => ({ value, label: t(`view.${value}`) }))}
          />
        </div>
      </div>
      {view === "takings" && (
        <>
          <Issues />
          <Stuck />
          <Takings />
          <Books />
        </>
      )}
      {view === "payments" && <Payments />}
      {view === "documents" && <Documents />}
    </main>
  );
}
