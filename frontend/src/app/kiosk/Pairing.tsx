import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  CODE_LENGTH,
  pair,
  typeKey,
  type PairingKey,
  type PairingResult,
} from "@/features/devices/pairing";
import { Head } from "./Head";
import { Keypad } from "./Keypad";

export function Pairing({ onPaired }: { onPaired: () => void }) {
  const { t } = useTranslation("kiosk");
  const [code, setCode] = useState("");
  const [status, setStatus] = useState<"idle" | "checking" | Exclude<PairingResult, "paired">>(
    "idle",
  );

  // Keys may come faster than the screen is drawn: what was typed is kept beside what is shown.
  const typed = useRef("");

  const press = useCallback(
    (key: PairingKey) => {
      const next = typeKey(typed.current, key);
      if (typed.current.length === CODE_LENGTH || next === typed.current) return;
      typed.current = next;
      setCode(next);
      setStatus("idle");
      if (next.length < CODE_LENGTH) return;
      setStatus("checking");
      void pair(next).then((result) => {
        typed.current = "";
        setCode("");
        if (result === "paired") onPaired();
        else setStatus(result);
      });
    },
    [onPaired],
  );
  const type = useCallback((digit: string) => press({ kind: "digit", digit }), [press]);
  const erase = useCallback(() => press({ kind: "erase" }), [press]);

  return (
    <div className="kiosk">
      <Head name="Vez" />
      <main className="stage">
        <div className="screen screen-beside">
          <div className="say">
            <h1 className="title">{t("pairing.title")}</h1>
            <p className="lead">{t("pairing.text")}</p>
            <p className="lead hint trouble" role="alert">
              {status === "idle" ? "" : t(`pairing.${status}`)}
            </p>
          </div>
          <div className="act">
            <Keypad
              characters="digits"
              typed={code}
              length={CODE_LENGTH}
              onType={type}
              onErase={erase}
            />
          </div>
        </div>
      </main>
      <footer className="foot" />
    </div>
  );
}
