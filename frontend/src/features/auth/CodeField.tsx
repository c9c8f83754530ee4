import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { plain } from "@/lib/typed";
import { TextField } from "@/ui";
import styles from "./CodeField.module.css";

const DIGITS = 6;

/** Six digits from a message. It has the cursor, and goes off by itself once they are all there. */
export function CodeField({
  value,
  onChange,
  onComplete,
  error,
  isReadOnly = false,
}: {
  value: string;
  onChange: (code: string) => void;
  onComplete: (code: string) => void;
  error: string | null;
  isReadOnly?: boolean;
}) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), [error]);

  function take(text: string) {
    const code = plain(text).replace(/\D/g, "").slice(0, DIGITS);
    onChange(code);
    if (code.length === DIGITS && code !== value) onComplete(code);
  }

  return (
    <TextField
      label={t("proof.code")}
      value={value}
      onChange={take}
      inputRef={input}
      inputMode="numeric"
      autoComplete="one-time-code"
      inputClassName={styles.code ?? ""}
      error={error}
      isReadOnly={isReadOnly}
    />
  );
}
