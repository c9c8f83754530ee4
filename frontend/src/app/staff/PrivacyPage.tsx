import { useTranslation } from "react-i18next";
import { useMe } from "@/features/auth";
import { KeptFaces } from "@/features/privacy/KeptFaces";
import { addWords } from "@/lib/i18n";
import { en } from "@/locales/en/privacy";
import { pt } from "@/locales/pt/privacy";
import { EmptyState, SkeletonList } from "@/ui";
import list from "@/ui/ListPage.module.css";

addWords("privacy", { pt, en });

/** What is kept about faces: read by the manager. */
export function PrivacyPage() {
  const { t } = useTranslation("privacy");
  const me = useMe();
  return (
    <main className={list.page} id="content">
      {me.data?.role === "manager" ? (
        <KeptFaces />
      ) : (
        <>
          <h1 className={list.title}>{t("title")}</h1>
          {me.isPending ? <SkeletonList count={6} /> : <EmptyState title={t("only_manager")} />}
        </>
      )}
    </main>
  );
}
