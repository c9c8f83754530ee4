import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useHref, useNavigation, type Location } from "react-router";
import { ANSWER_MS } from "@/lib/deadline";
import { Banner } from "./Surface";
import { ReloadButton } from "./ReloadButton";
import styles from "./ComingPage.module.css";

/** Beside a page whose successor was asked for: says so when that doesn't come. */
export function ComingPage() {
  const { location } = useNavigation();
  return location ? <Awaited key={location.key} location={location} /> : null;
}

function Awaited({ location }: { location: Location }) {
  return <LatePage address={useHref(location)} />;
}

/** In the place of a page whose parts are on their way: nothing, unless they don't come. */
export function LatePage({ address }: { address?: string }) {
  const { t } = useTranslation();
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ANSWER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLate) return null;
  return (
    <div className={styles.late}>
      <Banner tone="terra" title={t("late.title")} live>
        <ReloadButton {...(address ? { address } : {})}>{t("action.retry")}</ReloadButton>
      </Banner>
    </div>
  );
}
