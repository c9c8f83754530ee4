import { useTranslation } from "react-i18next";
import { reloadIfServed } from "@/lib/version";
import { Button } from "./Button";
import { EmptyState } from "./Surface";

/** What a page shows when it broke: nothing is lost, and how to go on. */
export function Crash() {
  const { t } = useTranslation();
  return (
    <main style={{ padding: "24px" }}>
      <h1 className="visually-hidden">{t("app.name")}</h1>
      <EmptyState
        title={t("crash.title")}
        action={<Button onPress={() => void reloadIfServed()}>{t("action.reload")}</Button>}
      >
        <p>{t("crash.text")}</p>
      </EmptyState>
    </main>
  );
}
