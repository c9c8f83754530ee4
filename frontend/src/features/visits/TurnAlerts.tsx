import { useTranslation } from "react-i18next";
import { Button, Switch } from "@/ui";
import { askForNotices, setSound, useAlerts } from "./alerts";
import styles from "./Visits.module.css";

/** How this phone tells that it is the patient's turn, and what the patient can change about it. */
export function TurnAlerts({ keep }: { keep: "open" | "in_view" }) {
  const { t } = useTranslation("patient");
  const { isSoundOn, isSoundReady, notices } = useAlerts();
  return (
    <section className={styles.alerts} aria-labelledby="alerts">
      <h2 id="alerts" className={styles.sectionTitle}>
        {t("alerts.title")}
      </h2>
      <Switch isSelected={isSoundOn} onChange={setSound}>
        {isSoundOn ? t("alerts.sound_on") : t("alerts.sound_off")}
      </Switch>
      {isSoundOn && !isSoundReady ? <p className={styles.note}>{t("alerts.touch")}</p> : null}
      {notices === "ask" ? (
        <Button variant="quiet" onPress={() => void askForNotices()}>
          {t("alerts.ask")}
        </Button>
      ) : null}
      {notices === "granted" ? <p className={styles.note}>{t("alerts.granted")}</p> : null}
      {notices === "blocked" ? <p className={styles.note}>{t("alerts.blocked")}</p> : null}
      <p className={styles.note}>{t(`alerts.${keep}`)}</p>
    </section>
  );
}
