import { useTranslation } from "react-i18next";
import { Head } from "./Head";

/** What the entrance shows when its page broke, until it has come back by itself. */
export function Broken() {
  const { t } = useTranslation("kiosk");
  return (
    <div className="kiosk">
      <Head name="Vez" />
      <main className="stage">
        <div className="screen" role="alert">
          <div className="say">
            <h1 className="title">{t("broken.title")}</h1>
            <p className="lead">{t("broken.text")}</p>
          </div>
        </div>
      </main>
      <footer className="foot" />
    </div>
  );
}
