import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  isFault,
  takePicture,
  useCamera,
  useLooks,
  type CameraFault,
  type Hint,
} from "@/lib/camera";
import { ArrowLeftIcon, ArrowRightIcon, Button, classes } from "@/ui";
import styles from "./Face.module.css";
import { POSES, type Pose } from "./photos";

/** Between two photos, so that a press too many doesn't take the next pose unprepared. */
const PAUSE_MS = 700;

/** The camera, one pose at a time, with what would make the picture better. */
export function Guide({
  pose,
  onPhoto,
  onFault,
  onClose,
}: {
  pose: Pose;
  onPhoto: (photo: Blob) => void;
  onFault: (fault: CameraFault) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation("patient");
  const view = useRef<HTMLDivElement>(null);
  const takenAt = useRef(-PAUSE_MS);
  const { video, state } = useCamera({ width: 1280, height: 960 });
  const [hint, setHint] = useState<Hint>("look");
  const fail = useEffectEvent(onFault);
  const isLive = state === "live";
  useLooks(video, isLive, setHint);

  useEffect(() => {
    if (isFault(state)) fail(state);
  }, [state]);

  useEffect(() => {
    if (!isLive) return;
    view.current?.scrollIntoView({ block: "center" });
    view.current?.querySelector("button")?.focus({ preventScroll: true });
  }, [isLive]);

  function shoot() {
    if (!video.current || performance.now() - takenAt.current < PAUSE_MS) return;
    takenAt.current = performance.now();
    void takePicture(video.current).then((photo) => {
      if (photo) onPhoto(photo);
      else onFault("silent");
    });
  }

  const step = POSES.indexOf(pose);
  return (
    <div className={styles.guide} ref={view}>
      <div className={styles.steps} aria-hidden="true">
        {POSES.map((one, index) => (
          <span key={one} className={index <= step ? styles.reached : undefined} />
        ))}
      </div>
      <div className={styles.pose} role="status">
        <p className={styles.count}>{t("face.step", { number: step + 1, total: POSES.length })}</p>
        <p className={styles.instruction}>{t(`face.pose.${pose}`)}</p>
      </div>
      <div className={classes(styles.oval, isLive && hint === "look" && styles.good)}>
        <video ref={video} muted playsInline aria-label={t("face.camera_view")} />
        {pose === "front" ? null : (
          <span className={classes(styles.turn, styles[pose])}>
            {pose === "left" ? <ArrowLeftIcon size={28} /> : <ArrowRightIcon size={28} />}
          </span>
        )}
      </div>
      <p className={styles.hint} role="status">
        {isLive ? t(`face.hint.${hint}`) : t("face.camera_starting")}
      </p>
      <div className={styles.buttons}>
        <Button isDisabled={!isLive} onPress={shoot}>
          {t("face.shoot")}
        </Button>
        <Button variant="plain" onPress={onClose}>
          {t("face.stop_camera")}
        </Button>
      </div>
    </div>
  );
}
