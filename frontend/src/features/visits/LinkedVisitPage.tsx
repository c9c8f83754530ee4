import { useTranslation } from "react-i18next";
import type { LinkedVisit } from "@/lib/api/types";
import { mapHref } from "@/lib/map";
import { Awaited, ButtonLink, Page, PinIcon, SkeletonList } from "@/ui";
import { CalledScreen } from "./CalledScreen";
import { Connection } from "./Connection";
import { isOver } from "./data";
import { useLinkedVisit } from "./linked";
import { TurnAlerts } from "./TurnAlerts";
import { CheckInCode, titleOf, WaitingRoom, When } from "./VisitState";
import styles from "./Visits.module.css";

/** One visit, followed without a login by whoever holds the link of its confirmation. */
export function LinkedVisitPage({ token, address }: { token: string; address: string }) {
  const { t } = useTranslation(["patient", "common"]);
  const followed = useLinkedVisit(token);

  if (followed.kind === "visit") {
    const { visit, freshness, asOf } = followed;
    const notice = <Connection freshness={freshness} asOf={asOf} />;
    if (visit.status === "called") return <CalledScreen visit={visit} notice={notice} />;
    return (
      <Page narrow title={t(`visit.${titleOf(visit.status, visit.is_missed)}`)}>
        <div className={styles.stack}>
          {notice}
          <State visit={visit} address={address} />
        </div>
      </Page>
    );
  }
  if (followed.kind === "awaited") {
    return (
      <Page narrow title={t("visit.title_before")}>
        <Awaited of={followed.visit} title={t("page.load_failed")}>
          <SkeletonList height="104px" />
        </Awaited>
      </Page>
    );
  }
  return (
    <Page key={followed.kind} narrow title={t(`linked.${followed.kind}_title`)}>
      <div className={styles.stack}>
        <p>{t(`linked.${followed.kind}_text`)}</p>
        <Ways />
      </div>
    </Page>
  );
}

function State({ visit, address }: { visit: LinkedVisit; address: string }) {
  const { t } = useTranslation(["patient", "common"]);
  const { status } = visit;
  if (status === "arrived") {
    return (
      <>
        <WaitingRoom visit={visit} room={visit.room} />
        <TurnAlerts keep="in_view" />
      </>
    );
  }
  const isExpected = status === "booked" && !visit.is_missed;
  return (
    <>
      <When start={visit.start} what={t("visit.with", { name: visit.practitioner })} />
      {isExpected && address ? <Where address={address} /> : null}
      {visit.check_in_code ? <CheckInCode code={visit.check_in_code} /> : null}
      {status === "in_progress" ? (
        <p>{t("visit.in_progress_text", { room: t("common:room", { room: visit.room ?? "" }) })}</p>
      ) : null}
      {status === "fulfilled" ? <p>{t("linked.fulfilled_text")}</p> : null}
      {status === "no_show" || status === "cancelled" ? <p>{t(`visit.${status}_text`)}</p> : null}
      {visit.is_missed ? <p>{t("visit.missed_text")}</p> : null}
      {isExpected ? <p className={styles.note}>{t("linked.on_the_day")}</p> : null}
      {isExpected ? (
        <div className={styles.minor}>
          <ButtonLink variant="plain" href="/consultas">
            {t("linked.manage")}
          </ButtonLink>
        </div>
      ) : null}
      {isOver(status) ? <Ways /> : null}
    </>
  );
}

function Where({ address }: { address: string }) {
  const { t } = useTranslation("patient");
  return (
    <div className={styles.where}>
      <p>{address}</p>
      <ButtonLink variant="plain" href={mapHref(address)} target="_blank" rel="noreferrer">
        <PinIcon />
        {t("pay.directions")}
      </ButtonLink>
    </div>
  );
}

/** Where to go on from a link that has nothing more to show. */
function Ways() {
  const { t } = useTranslation("patient");
  return (
    <div className={styles.actions}>
      <ButtonLink href="/">{t("appointments.book")}</ButtonLink>
      <ButtonLink variant="quiet" href="/consultas">
        {t("pay.see_appointments")}
      </ButtonLink>
    </div>
  );
}
