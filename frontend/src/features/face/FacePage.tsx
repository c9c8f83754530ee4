import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Face } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDate } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import {
  Awaited,
  Banner,
  Button,
  ButtonLink,
  CheckIcon,
  ConfirmDialog,
  Page,
  ProblemBanner,
  SkeletonList,
  toast,
} from "@/ui";
import { faceQuery, useWithdraw } from "./data";
import { Enrol } from "./Enrol";
import styles from "./Face.module.css";

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
      {face.data ? (
        <Known face={face.data} />
      ) : (
        <Awaited of={face} title={t("page.load_failed")}>
          <SkeletonList height="120px" />
        </Awaited>
      )}
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
        <ProblemBanner error={withdraw.error} />
      </ConfirmDialog>
    </>
  );
}
