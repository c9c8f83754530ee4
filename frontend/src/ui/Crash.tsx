import { useTranslation } from "react-i18next";
import { ReloadButton } from "./ReloadButton";
import { EmptyState } from "./Surface";

/** What a page shows when it broke: nothing is lost, and how to go on. */
export function Crash() {
  const { t } = useTranslation();
  return (
    <main style={{ padding: "24px" }}>
      <h1 className="visually-hidden">{t("app.name")}</h1>
      <EmptyState
        title={t("crash.title")}
        action={<ReloadButton>{t("action.reload")}</ReloadButton>}
      >
        <p>{t("crash.text")}</p>
      </EmptyState>
    </main>
  );
}
