import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import styles from "./Face.module.css";
import { shoot } from "./photos";

/** Why there is no picture: the person or the browser said no, or there is nothing to film with. */
export type CameraFault = "denied" | "missing";

/** A view from the front camera and a shutter. The camera is off again when this leaves. */
export function Camera({
  onPhoto,
  onFault,
  onClose,
}: {
  onPhoto: (photo: Blob) => void;
  onFault: (fault: CameraFault) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation("patient");
  const view = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [isReady, setReady] = useState(false);
  const fail = useEffectEvent(onFault);

  useEffect(() => {
    let stream: MediaStream | null = null;
    let left = false;
    function stop() {
      stream?.getTracks().forEach((track) => track.stop());
    }
    async function start() {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
      });
      if (left || !video.current) {
        stop();
        return;
      }
      stream.getTracks().forEach((track) => {
        track.onended = () => fail("missing");
      });
      video.current.srcObject = stream;
      await video.current.play();
      setReady(true);
    }
    start().catch((error: unknown) => {
      stop();
      if (left) return;
      fail(
        error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "missing",
      );
    });
    return () => {
      left = true;
      stop();
    };
  }, []);

  useEffect(() => {
    if (!isReady) return;
    view.current?.scrollIntoView({ block: "center" });
    view.current?.querySelector("button")?.focus({ preventScroll: true });
  }, [isReady]);

  return (
    <div className={styles.camera} ref={view}>
      <div className={styles.circle}>
        <video ref={video} muted playsInline aria-label={t("face.camera_view")} />
      </div>
      <div className={styles.buttons}>
        <Button
          isDisabled={!isReady}
          onPress={() => {
            if (!video.current) return;
            void shoot(video.current).then((photo) => {
              if (photo) onPhoto(photo);
            });
          }}
        >
          {t("face.shoot")}
        </Button>
        <Button variant="plain" onPress={onClose}>
          {t("face.stop_camera")}
        </Button>
      </div>
    </div>
  );
}
