import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isFault, useCamera, useQr } from "@/lib/camera";

/** Reads the code from the QR on a phone, beside the keypad; nothing is there without a camera. */
export function QrReader({ onRead }: { onRead: (text: string) => void }) {
  const { t } = useTranslation("kiosk");
  const { video, state } = useCamera({ width: 1280, height: 720 });
  const [hasFailed, setFailed] = useState(false);
  useQr(video, state === "live", onRead, () => setFailed(true));

  if (hasFailed || isFault(state)) return null;
  return (
    <div className="qr">
      <div className="lens lens-wide">
        <video ref={video} className="lens-picture" muted playsInline />
      </div>
      <div>
        <p className="qr-title">{t("code_step.qr")}</p>
        <p className="qr-note">{t("code_step.qr_note")}</p>
      </div>
    </div>
  );
}
