import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui";
import styles from "./Face.module.css";
import { shoot } from "./photos";

/** A view from the front camera and a shutter. The camera is off again when this leaves. */
export function Camera({
  onPhoto,
  onDenied,
  onClose,
}: {
  onPhoto: (photo: Blob) => void;
  onDenied: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation("patient");
  const video = useRef<HTMLVideoElement>(null);
  const [isReady, setReady] = useState(false);
  const denied = useRef(onDenied);
  useEffect(() => {
    denied.current = onDenied;
  });

  useEffect(() => {
    let stream: MediaStream | null = null;
    let left = false;
    async function start() {
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          audio: false,
          video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
        });
      } catch {
        denied.current();
        return;
      }
      if (left || !video.current) {
        stop();
        return;
      }
      video.current.srcObject = stream;
      await video.current.play();
      setReady(true);
    }
    function stop() {
      stream?.getTracks().forEach((track) => track.stop());
    }
    void start();
    return () => {
      left = true;
      stop();
    };
  }, []);

  return (
    <div className={styles.camera}>
      <div className={styles.circle}>
        <video ref={video} muted playsInline aria-label={t("face.camera_view")} />
      </div>
      <div className={styles.buttons}>
        <Button
          isDisabled={!isReady}
          onPress={() => {
            const element = video.current;
            if (!element) return;
            void shoot(element).then((photo) => {
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
