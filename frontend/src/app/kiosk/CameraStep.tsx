import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isFault, takePicture, useCamera, useLooks, type Hint } from "@/lib/camera";
import { ANSWER_MS } from "@/lib/deadline";

const READY_AFTER_MS = 1800;
const AT_THE_LATEST_MS = 5000;

interface CameraStepProps {
  onPicture: (image: Blob) => void;
  onFailed: () => void;
}

/**
 * Counts down while the face is in the oval; waits a little longer for light and stillness. A picture
 * comes within eight seconds of the camera's first, or the step has failed.
 */
export function CameraStep({ onPicture, onFailed }: CameraStepProps) {
  const { t } = useTranslation("kiosk");
  const { video, state } = useCamera({ width: 640, height: 480 });
  const [hint, setHint] = useState<Hint>("look");
  const isTaken = useRef(false);
  const isOver = useRef(false);
  const isLive = state === "live";

  /** Once, and no more for somebody who has left. */
  function end(image: Blob | null) {
    if (isOver.current) return;
    isOver.current = true;
    if (image) onPicture(image);
    else onFailed();
  }
  const fail = useEffectEvent(() => end(null));

  useEffect(() => {
    isOver.current = false;
    return () => {
      isOver.current = true;
    };
  }, []);

  useEffect(() => {
    if (isFault(state)) fail();
    if (state !== "live") return;
    const timer = setTimeout(fail, ANSWER_MS);
    return () => clearTimeout(timer);
  }, [state]);

  useLooks(video, isLive, (found, elapsed) => {
    setHint(found);
    if (isTaken.current || !video.current) return;
    if (elapsed < READY_AFTER_MS || (found !== "look" && elapsed < AT_THE_LATEST_MS)) return;
    isTaken.current = true;
    void takePicture(video.current).then(end);
  });

  return (
    <div className="screen">
      <div className="say">
        <h1 className="title">{t("camera.title")}</h1>
      </div>
      <div className={isLive ? "lens lens-oval counting" : "lens lens-oval"}>
        <video ref={video} className="lens-picture" muted playsInline />
        <svg
          className="lens-ring"
          viewBox="0 0 164 200"
          preserveAspectRatio="none"
          aria-hidden="true"
          focusable="false"
        >
          <path d="M82 3a79 97 0 1 1 0 194a79 97 0 1 1 0-194" pathLength="100" />
        </svg>
        <p className="lens-hint" role="status">
          {isLive ? t(`camera.${hint}`) : t("camera.starting")}
        </p>
      </div>
    </div>
  );
}
