import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  CODE_LENGTH,
  pair,
  typeKey,
  type PairingKey,
  type PairingResult,
} from "@/features/devices/pairing";
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
