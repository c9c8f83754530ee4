import { useEffect, useState } from "react";
import { Button } from "./Button";

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Copies exactly `text`, and says so in its own place. */
export function CopyButton({
  text,
  label,
  copiedLabel,
  describe,
}: {
  text: string;
  label: string;
  copiedLabel: string;
  /** What is copied, for screen readers: "Copiar referência". */
  describe: string;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <>
      <Button
        variant="plain"
        size="small"
        aria-label={copied ? copiedLabel : describe}
        onPress={() => void copy(text).then(setCopied)}
      >
        {copied ? copiedLabel : label}
      </Button>
      <span role="status" className="visually-hidden">
        {copied ? copiedLabel : ""}
      </span>
    </>
  );
}
