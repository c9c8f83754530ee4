import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Face, FaceReason } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDate } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { useLanguage } from "@/lib/useLanguage";
import {
  Banner,
  Button,
  ButtonLink,
  Checkbox,
  CheckIcon,
  ConfirmDialog,
  Page,
  SkeletonList,
  Spinner,
  toast,
} from "@/ui";
import { faceQuery, useEnrol, useWithdraw } from "./data";
import styles from "./Face.module.css";
import { Photos } from "./Photos";

/** Consent, photos, their state, and the way out of it. */
export function FacePage() {
  const { t } = useTranslation(["patient", "common"]);
  const face = useQuery(faceQuery);
  return (
    <Page
      title={t("face.title")}
      back={{ href: "/eu", label: t("me.title") }}
      lead={t("face.intro")}
      narrow
    >
      {face.data ? <Known face={face.data} /> : null}
      {face.isPending ? <SkeletonList label={t("common:state.loading")} height="120px" /> : null}
      {face.isError && !face.data ? (
        <Banner tone="terra" title={t("page.load_failed")} live>
          <p>{problemText(face.error)}</p>
          <Button variant="quiet" onPress={() => void face.refetch()}>
            {t("common:action.retry")}
          </Button>
        </Banner>
      ) : null}
    </Page>
  );
}

function Known({ face }: { face: Face }) {
  const { t } = useTranslation("patient");
  const [isAnew, setAnew] = useState(false);
  if (!face.adult && face.status === "none") {
    return (
      <Banner tone="amber" title={t("face.adult_title")}>
        <p>{t("face.adult_text")}</p>
        <ButtonLink variant="quiet" href="/eu/dados">
          {t("face.adult_action")}
        </ButtonLink>
      </Banner>
    );
  }
  if (face.status === "processing") {
    return (
      <div className={styles.state} role="status">
        <span className={styles.mark}>
          <Spinner />
        </span>
        <h2>{t("face.processing_title")}</h2>
        <p className={styles.note}>{t("face.processing_text")}</p>
      </div>
    );
  }
  if (face.status === "enrolled" && !isAnew) {
    return <Enrolled face={face} onRenew={() => setAnew(true)} />;
  }
  return <Enrol face={face} onSent={() => setAnew(false)} />;
}

function Enrolled({ face, onRenew }: { face: Face; onRenew: () => void }) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  return (
    <div className={styles.state}>
      <span className={styles.mark}>
        <CheckIcon size={32} />
      </span>
      <div role="status">
        <h2>{t("face.enrolled_title")}</h2>
      </div>
      <p>{t("face.enrolled_text")}</p>
      <p className={styles.note}>
        {face.consent.given_at
          ? t("face.given", { date: formatDate(civilDate(face.consent.given_at), language) })
          : null}{" "}
        {face.expires_at
          ? t("face.expires", { date: formatDate(civilDate(face.expires_at), language) })
          : null}
      </p>
      <div className={styles.buttons}>
        <Button variant="quiet" onPress={onRenew}>
          {t("face.renew")}
        </Button>
        <Withdraw />
      </div>
    </div>
  );
}

function Withdraw() {
  const { t } = useTranslation("patient");
  const [isAsking, setAsking] = useState(false);
  const withdraw = useWithdraw();
  return (
    <>
      <Button variant="danger" onPress={() => setAsking(true)}>
        {t("face.withdraw")}
      </Button>
      <ConfirmDialog
        title={t("face.withdraw_title")}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          withdraw.mutate(undefined, {
            onSuccess: () => {
              setAsking(false);
              toast({ text: t("face.withdrawn") });
            },
          })
        }
        isPending={withdraw.isPending}
        confirmLabel={t("face.withdraw_confirm")}
        keepLabel={t("visit.cancel_keep")}
      >
        <p>{t("face.withdraw_text")}</p>
        {withdraw.isError ? (
          <Banner tone="terra" live>
            <p>{problemText(withdraw.error)}</p>
          </Banner>
        ) : null}
      </ConfirmDialog>
    </>
  );
}

function Enrol({ face, onSent }: { face: Face; onSent: () => void }) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const [photos, setPhotos] = useState<readonly Blob[]>([]);
  const [isAgreed, setAgreed] = useState(false);
  const [isTried, setTried] = useState(false);
  const enrol = useEnrol();

  function send() {
    setTried(true);
    if (!isAgreed || photos.length === 0) return;
    enrol.mutate(photos, { onSuccess: onSent });
  }

  return (
    <div className={styles.stack}>
      {face.status === "failed" ? (
        <Banner tone="amber" title={t("face.failed_title")} live>
          <p>{t("face.failed_text")}</p>
          <ul className={styles.reasons}>
            {face.reasons.map((reason) => (
              <li key={`${reason.photo ?? 0} ${reason.code}`}>
                <Reason reason={reason} />
              </li>
            ))}
          </ul>
        </Banner>
      ) : (
        <ul className={styles.points}>
          <li>{t("face.points.today")}</li>
          <li>{t("face.points.gone")}</li>
          <li>{t("face.points.withdraw")}</li>
        </ul>
      )}
      <Photos photos={photos} onChange={setPhotos} max={face.max_photos} />
      <section className={styles.section} aria-labelledby="consent">
        <h2 id="consent" className={styles.sectionTitle}>
          {t("face.consent_title")}
        </h2>
        <div className={styles.consent}>
          {(language === "pt" ? face.consent.text_pt : face.consent.text_en)
            .split(/\n+/)
            .map((paragraph) => (
              <p key={paragraph}>{paragraph}</p>
            ))}
          <p className={styles.note}>
            {t("face.consent_version", { version: face.consent.version })}
          </p>
        </div>
        <Checkbox
          isSelected={isAgreed}
          onChange={setAgreed}
          isInvalid={isTried && !isAgreed}
          validationBehavior="aria"
        >
          {t("face.consent_check")}
        </Checkbox>
        {isTried && !isAgreed ? (
          <Banner tone="terra" live>
            <p>{t("face.consent_missing")}</p>
          </Banner>
        ) : null}
      </section>
      {enrol.isError ? (
        <Banner tone="terra" live>
          <p>{problemText(enrol.error)}</p>
        </Banner>
      ) : null}
      <Button
        variant="terra"
        size="large"
        isPending={enrol.isPending}
        isDisabled={photos.length === 0}
        onPress={send}
      >
        {t("face.send")}
      </Button>
    </div>
  );
}

function Reason({ reason }: { reason: FaceReason }) {
  const { t } = useTranslation("patient");
  const words = t(`face.reason.${reason.code}`);
  return reason.photo === null
    ? t("face.reason.all", { reason: words })
    : t("face.reason.one", { photo: reason.photo, reason: words });
}
