import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  hintFor,
  look,
  takePicture,
  useCamera,
  type Hint,
  type Look,
} from "@/features/check-in/useCamera";

const READY_AFTER_MS = 1800;
const AT_THE_LATEST_MS = 5000;
const LOOK_EVERY_MS = 300;

interface CameraStepProps {
  onPicture: (image: Blob) => void;
  onFailed: () => void;
}

/** Counts down while the face is in the circle; waits a little longer for light and stillness. */
export function CameraStep({ onPicture, onFailed }: CameraStepProps) {
  const { t } = useTranslation("kiosk");
  const { video, state } = useCamera();
  const [hint, setHint] = useState<Hint>("look");
  const taken = useRef(false);

  useEffect(() => {
    if (state === "failed") onFailed();
  }, [onFailed, state]);

  useEffect(() => {
    if (state !== "live") return;
    const started = Date.now();
    let before: Look | null = null;
    const timer = setInterval(() => {
      const element = video.current;
      if (!element || taken.current) return;
      const now = look(element);
      const found = hintFor(before, now);
      before = now;
      setHint(found);
      const elapsed = Date.now() - started;
      if (elapsed < READY_AFTER_MS || (found !== "look" && elapsed < AT_THE_LATEST_MS)) return;
      taken.current = true;
      takePicture(element).then(onPicture, onFailed);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [onFailed, onPicture, state, video]);

  return (
    <div className="screen">
      <div className="say">
        <h1 className="title">{t("camera.title")}</h1>
      </div>
      <div className={state === "live" ? "lens counting" : "lens"}>
        <video ref={video} className="lens-picture" muted playsInline />
        <svg className="lens-ring" viewBox="0 0 200 200" aria-hidden="true" focusable="false">
          <circle cx="100" cy="100" r="97" pathLength="100" />
        </svg>
        <p className="lens-hint" role="status">
          {state === "live" ? t(`camera.${hint}`) : t("camera.starting")}
        </p>
      </div>
    </div>
  );
}
