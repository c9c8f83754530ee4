import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Event } from "@/features/check-in/machine";
import { beginVideo } from "@/features/check-in/video";
import type { LivenessSession } from "@/lib/api/types";

/** Big, and asked for by few clinics. */
const Detector = lazy(() => import("./Detector"));

/** A video takes some ten seconds; whoever stands before a screen that does nothing has the code. */
const BEGIN_WITHIN_MS = 10_000;

interface VideoStepProps {
  onStreamed: (session: string) => void;
  dispatch: (event: Event) => void;
}

/** Begins a session and streams one video with it. Both are gone with this step. */
export function VideoStep({ onStreamed, dispatch }: VideoStepProps) {
  const { t } = useTranslation("kiosk");
  const [session, setSession] = useState<LivenessSession | null>(null);

  useEffect(() => {
    let isHere = true;
    const fail = () => {
      if (isHere) dispatch({ type: "video_failed" });
    };
    const timer = setTimeout(fail, BEGIN_WITHIN_MS);
    beginVideo()
      .then((begun) => {
        if (isHere) setSession(begun);
      }, fail)
      .finally(() => clearTimeout(timer));
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, [dispatch]);

  return (
    <div className="screen">
      <div className="say">
        <p className="lead">{t("video.text")}</p>
      </div>
      {session ? (
        <Suspense fallback={<Starting />}>
          <Detector
            session={session}
            onStreamed={() => onStreamed(session.session_id)}
            onCancelled={() => dispatch({ type: "reset" })}
            onFailed={() => dispatch({ type: "video_failed" })}
          />
        </Suspense>
      ) : (
        <Starting />
      )}
    </div>
  );
}

function Starting() {
  const { t } = useTranslation("kiosk");
  return (
    <p className="lead" role="status">
      {t("video.starting")}
    </p>
  );
}
