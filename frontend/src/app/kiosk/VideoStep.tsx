import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Event } from "@/features/check-in/machine";
import {
  beginVideo,
  loadVideoPart,
  type VideoPart,
  type VideoScreen,
} from "@/features/check-in/video";
import type { LivenessSession } from "@/lib/api/types";
import { ANSWER_MS, within } from "@/lib/deadline";
import { useLanguage } from "@/lib/useLanguage";

interface VideoStepProps {
  onStreamed: (session: string) => void;
  dispatch: (event: Event) => void;
}

interface Begun {
  session: LivenessSession;
  part: VideoPart;
}

/**
 * Begins a session and streams one video with it. Both are gone with this step, which fails where
 * there is nothing to see within eight seconds: whoever waits has the code.
 */
export function VideoStep({ onStreamed, dispatch }: VideoStepProps) {
  const { t } = useTranslation("kiosk");
  const [begun, setBegun] = useState<Begun | null>(null);
  const language = useLanguage();
  const place = useRef<HTMLDivElement>(null);
  const screen = useRef<VideoScreen | null>(null);
  const fail = useEffectEvent(() => dispatch({ type: "video_failed" }));

  useEffect(() => {
    let isHere = true;
    within(ANSWER_MS, Promise.all([beginVideo(), loadVideoPart()])).then(
      ([session, part]) => {
        if (isHere) setBegun({ session, part });
      },
      () => {
        if (isHere) fail();
      },
    );
    return () => {
      isHere = false;
    };
  }, []);

  // The part waits for a camera without end, and says nothing of it.
  useEffect(() => {
    const around = place.current;
    if (!begun || !around) return;
    const opened = begun.part.openScreen(around);
    screen.current = opened;
    const timer = setTimeout(fail, ANSWER_MS);
    const see = () => clearTimeout(timer);
    around.addEventListener("playing", see, { capture: true });
    return () => {
      clearTimeout(timer);
      around.removeEventListener("playing", see, { capture: true });
      screen.current = null;
      opened.close();
    };
  }, [begun]);

  useEffect(() => {
    if (!begun) return;
    screen.current?.show({
      session: begun.session,
      language,
      onStreamed: () => onStreamed(begun.session.session_id),
      onCancelled: () => dispatch({ type: "reset" }),
      onFailed: () => dispatch({ type: "video_failed" }),
    });
  });

  return (
    <div className="screen">
      <div className="say">
        <p className="lead">{t("video.text")}</p>
      </div>
      {begun ? (
        <div ref={place} className="video-part" />
      ) : (
        <p className="lead" role="status">
          {t("video.starting")}
        </p>
      )}
    </div>
  );
}
