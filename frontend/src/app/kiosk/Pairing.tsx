import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { CODE_LENGTH, pair, typeKey, type PairingResult } from "@/features/devices/pairing";
import { Keypad } from "./Keypad";

export function Pairing({ onPaired }: { onPaired: () => void }) {
  const { t } = useTranslation("kiosk");
  const [code, setCode] = useState("");
  const [status, setStatus] = useState<"idle" | "checking" | Exclude<PairingResult, "paired">>(
    "idle",
  );

  const type = useCallback(
    (character: string) => {
      const typed = typeKey(code, { kind: "digit", digit: character });
      if (status === "checking" || typed === code) return;
      setCode(typed);
      setStatus("idle");
      if (typed.length < CODE_LENGTH) return;
      setStatus("checking");
      void pair(typed).then((result) => {
        setCode("");
        if (result === "paired") onPaired();
        else setStatus(result);
      });
    },
    [code, onPaired, status],
  );
  const erase = useCallback(() => setCode((typed) => typed.slice(0, -1)), []);

  return (
    <main className="kiosk">
      <div className="center">
        <h1 className="title">{t("pairing.title")}</h1>
        <p className="lead">{t("pairing.text")}</p>
        <Keypad
          characters="digits"
          typed={code}
          length={CODE_LENGTH}
          onType={type}
          onErase={erase}
        />
        <p className="trouble" role="alert">
          {status === "idle" ? "" : t(`pairing.${status}`)}
        </p>
      </div>
    </main>
  );
}
