import { useCallback, useEffect, useRef, useState } from "react";
import {
  CODE_LENGTH,
  keyFromKeyboard,
  pair,
  typeKey,
  type PairingKey,
  type PairingResult,
} from "@/features/devices/pairing";
import { pairingWords as words } from "./words";

type Trouble = Exclude<PairingResult, "paired">;

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

export function Pairing({ onPaired }: { onPaired: () => void }) {
  const [code, setCode] = useState("");
  const [checking, setChecking] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  // Keys may come faster than the screen is drawn: what was typed is kept beside what is shown.
  const typed = useRef("");
  const busy = useRef(false);

  const press = useCallback(
    (key: PairingKey) => {
      const next = typeKey(typed.current, key);
      if (busy.current || next === typed.current) return;
      typed.current = next;
      setCode(next);
      setTrouble(null);
      if (next.length < CODE_LENGTH) return;
      busy.current = true;
      setChecking(true);
      void pair(next).then((result) => {
        typed.current = "";
        busy.current = false;
        setCode("");
        setChecking(false);
        if (result === "paired") onPaired();
        else setTrouble(result);
      });
    },
    [onPaired],
  );

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const key = keyFromKeyboard(event.key);
      if (key) press(key);
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [press]);

  return (
    <main className="pairing">
      <div className="pairing-text">
        <h1>{words.title}</h1>
        <p>{words.steps}</p>
        <p className="quiet" lang="en">
          {words.stepsEn}
        </p>
        <p className="pairing-status" role="status">
          {checking ? words.checking : trouble ? words[trouble] : ""}
        </p>
      </div>
      <div>
        <p
          className="pairing-code"
          aria-label={`${words.code}: ${code.split("").join(" ")}`}
          role="img"
        >
          {Array.from({ length: CODE_LENGTH }, (_, position) => (
            <span key={position} className={position === code.length ? "cell here" : "cell"}>
              {code[position] ?? ""}
            </span>
          ))}
        </p>
        <div className="pad">
          {DIGITS.map((digit) => (
            <button key={digit} type="button" onClick={() => press({ kind: "digit", digit })}>
              {digit}
            </button>
          ))}
          <button type="button" className="word" onClick={() => press({ kind: "clear" })}>
            {words.clear}
          </button>
          <button type="button" onClick={() => press({ kind: "digit", digit: "0" })}>
            0
          </button>
          <button type="button" className="word" onClick={() => press({ kind: "erase" })}>
            {words.erase}
          </button>
        </div>
      </div>
    </main>
  );
}
