import { useEffect } from "react";
import { useTranslation } from "react-i18next";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0"];
/** The codes' own alphabet: no I, O, 0 or 1 to mix up. */
const CODE_CHARACTERS = Array.from("23456789ABCDEFGHJKLMNPQRSTUVWXYZ");

interface KeypadProps {
  characters: "digits" | "code";
  typed: string;
  length: number;
  onType: (character: string) => void;
  onErase: () => void;
  onSend?: () => void;
}

export function Keypad({ characters, typed, length, onType, onErase, onSend }: KeypadProps) {
  const { t } = useTranslation("kiosk");

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Backspace") onErase();
      else if (event.key.length === 1) onType(event.key);
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [onErase, onType]);

  const keys = characters === "digits" ? DIGITS : CODE_CHARACTERS;
  return (
    <div className="keypad">
      <p
        className="typed"
        role="status"
        aria-label={t("typed", { text: typed.split("").join(" ") })}
      >
        {Array.from({ length }, (_, position) => (
          <span
            key={position}
            className={position === typed.length ? "cell here" : "cell"}
            aria-hidden="true"
          >
            {typed[position] ?? ""}
          </span>
        ))}
      </p>
      <div className={`keys keys-${characters}`}>
        {keys.map((character, position) =>
          character === "" ? (
            <span key={`gap ${String(position)}`} />
          ) : (
            <button key={character} type="button" onClick={() => onType(character)}>
              {character}
            </button>
          ),
        )}
        <button type="button" className="key-word" onClick={onErase}>
          {t("erase")}
        </button>
      </div>
      {onSend && (
        <button
          type="button"
          className="choice choice-pine send"
          disabled={typed.length < length}
          onClick={onSend}
        >
          {t("send")}
        </button>
      )}
    </div>
  );
}
