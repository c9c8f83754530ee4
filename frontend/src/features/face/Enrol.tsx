import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Face, FaceReason } from "@/lib/api/types";
import { useLanguage } from "@/lib/useLanguage";
import { Banner, Button, Checkbox, ProblemBanner, Spinner } from "@/ui";
import { useEnrol } from "./data";
import styles from "./Face.module.css";
import { Photos } from "./Photos";
import { faultsOf, missingPhotos, type Photo } from "./photos";

/**
 * Photos, consent, and the clinic's answer. The photos stay in the page until the clinic has taken
 * them, so that only those have to be taken again that were refused.
 */
export function Enrol({ face, onSent }: { face: Face; onSent: () => void }) {
  const { t } = useTranslation("patient");
  const [photos, setPhotos] = useState<readonly Photo[]>([]);
  const [sent, setSent] = useState<readonly Photo[]>([]);
  const [isAgreed, setAgreed] = useState(false);
  const [isTried, setTried] = useState(false);
  const enrol = useEnrol();
  const told = useRef<HTMLDivElement>(null);

  /** The button that sent the photos is gone: its answer is read in its place. */
  const isAnswered = face.status === "failed" && sent.length > 0;
  useEffect(() => {
    if (isAnswered) told.current?.focus();
  }, [isAnswered]);

  const faults = faultsOf(face, sent);
  const reasons = sent.length
    ? [
        ...face.reasons.filter(({ photo }) => photo === null),
        ...photos.flatMap((photo, index) => {
          const code = faults.get(photo);
          return code ? [{ photo: index + 1, code }] : [];
        }),
      ]
    : face.reasons;
  const missing = missingPhotos(photos);
  const hasRefused = photos.some((photo) => faults.has(photo));

  function send() {
    setTried(true);
    if (!isAgreed) return;
    setSent(photos);
    enrol.mutate(
      photos.map(({ blob }) => blob),
      { onSuccess: onSent },
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
  return (
    <div className={styles.stack}>
      {face.status === "failed" && reasons.length ? (
        <div ref={told} tabIndex={-1} className={styles.told}>
          <Banner tone="amber" title={t("face.failed_title")} live>
            <p>{t("face.failed_text")}</p>
            <ul className={styles.reasons}>
              {reasons.map((reason) => (
                <li key={`${reason.photo ?? 0} ${reason.code}`}>
                  <Reason reason={reason} />
                </li>
              ))}
            </ul>
          </Banner>
        </div>
      ) : null}
      {face.status === "failed" ? null : (
        <ul className={styles.points}>
          <li>{t("face.points.today")}</li>
          <li>{t("face.points.gone")}</li>
          <li>{t("face.points.withdraw")}</li>
        </ul>
      )}
      <Photos photos={photos} faults={faults} onChange={setPhotos} max={face.max_photos} />
      <Consent
        face={face}
        isAgreed={isAgreed}
        isMissing={isTried && !isAgreed}
        onAgree={setAgreed}
      />
      <ProblemBanner error={enrol.error} />
      <div className={styles.section}>
        <Button
          variant="terra"
          size="large"
          isPending={enrol.isPending}
          isDisabled={missing > 0 || hasRefused}
          onPress={send}
        >
          {t("face.send")}
        </Button>
        <p className={styles.note} role="status">
          {hasRefused
            ? t("face.retake_refused")
            : missing
              ? t("face.missing", { count: missing })
              : ""}
        </p>
      </div>
    </div>
  );
}

function Consent({
  face,
  isAgreed,
  isMissing,
  onAgree,
}: {
  face: Face;
  isAgreed: boolean;
  isMissing: boolean;
  onAgree: (isAgreed: boolean) => void;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const text = language === "pt" ? face.consent.text_pt : face.consent.text_en;
  return (
    <section className={styles.section} aria-labelledby="consent">
      <h2 id="consent" className={styles.sectionTitle}>
        {t("face.consent_title")}
      </h2>
      <div className={styles.consent}>
        {text.split(/\n+/).map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        <p className={styles.note}>
          {t("face.consent_version", { version: face.consent.version })}
        </p>
      </div>
      <Checkbox
        isSelected={isAgreed}
        onChange={onAgree}
        isInvalid={isMissing}
        validationBehavior="aria"
      >
        {t("face.consent_check")}
      </Checkbox>
      {isMissing ? (
        <Banner tone="terra" live>
          <p>{t("face.consent_missing")}</p>
        </Banner>
      ) : null}
    </section>
  );
}

function Reason({ reason }: { reason: FaceReason }) {
  const { t } = useTranslation("patient");
  const words = t(`face.reason.${reason.code}`);
  return reason.photo === null
    ? t("face.reason.all", { reason: words })
    : t("face.reason.one", { photo: reason.photo, reason: words });
}
