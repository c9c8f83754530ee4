import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Event } from "@/features/check-in/machine";
import { beginVideo } from "@/features/check-in/video";
import type { LivenessSession } from "@/lib/api/types";
import { ANSWER_MS, within } from "@/lib/deadline";

/** Big, and asked for by few clinics. */
const loadDetector = () => import("./Detector");

interface VideoStepProps {
  onStreamed: (session: string) => void;
  dispatch: (event: Event) => void;
}

interface Begun {
  session: LivenessSession;
  Detector: Awaited<ReturnType<typeof loadDetector>>["default"];
}

/**
 * Begins a session and streams one video with it. Both are gone with this step, which fails where
 * there is nothing to see within eight seconds: whoever waits has the code.
 */
export function VideoStep({ onStreamed, dispatch }: VideoStepProps) {
  const { t } = useTranslation("kiosk");
  const [begun, setBegun] = useState<Begun | null>(null);
  const part = useRef<HTMLDivElement>(null);
  const fail = useEffectEvent(() => dispatch({ type: "video_failed" }));

  useEffect(() => {
    let isHere = true;
    within(ANSWER_MS, Promise.all([beginVideo(), loadDetector()])).then(
      ([session, { default: Detector }]) => {
        if (isHere) setBegun({ session, Detector });
      },
      () => {
        if (isHere) fail();
      },
    );
    return () => {
      isHere = false;
    };
  }, []);

  // Amazon's part waits for a camera without end, and says nothing of it.
  useEffect(() => {
    const around = part.current;
    if (!begun || !around) return;
    const timer = setTimeout(fail, ANSWER_MS);
    const see = () => clearTimeout(timer);
    around.addEventListener("playing", see, { capture: true });
    return () => {
      clearTimeout(timer);
      around.removeEventListener("playing", see, { capture: true });
    };
  }, [begun]);

  return (
    <div className="screen">
      <div className="say">
        <p className="lead">{t("video.text")}</p>
      </div>
      {begun ? (
        <div ref={part} className="video-part">
          <begun.Detector
            session={begun.session}
            onStreamed={() => onStreamed(begun.session.session_id)}
            onCancelled={() => dispatch({ type: "reset" })}
            onFailed={() => dispatch({ type: "video_failed" })}
          />
        </div>
      ) : (
        <p className="lead" role="status">
          {t("video.starting")}
        </p>
      )}
    </div>
  );
}
