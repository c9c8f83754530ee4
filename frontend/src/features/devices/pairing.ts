/** How a screen of the building introduces itself: with the short code that staff read out. */

import { csrfToken } from "@/lib/csrf";
import { ANSWER_MS, asking } from "@/lib/deadline";

export const CODE_LENGTH = 6;

export type PairingResult = "paired" | "wrong_code" | "too_many" | "offline";

/** Exchanges the code for the HttpOnly device cookie. Never rejects, and never waits for long. */
export async function pair(code: string): Promise<PairingResult> {
  try {
    const answer = await asking(ANSWER_MS, async (signal) =>
      fetch("/api/devices/pair", {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": await csrfToken(signal) },
        body: JSON.stringify({ code }),
        signal,
      }),
    );
    if (answer.ok) return "paired";
    return answer.status === 429 ? "too_many" : "wrong_code";
  } catch {
    return "offline";
  }
}

export type PairingKey = { kind: "digit"; digit: string } | { kind: "erase" } | { kind: "clear" };

/** The code after a key: at most six digits, nothing but digits. */
export function typeKey(code: string, key: PairingKey): string {
  if (key.kind === "clear") return "";
  if (key.kind === "erase") return code.slice(0, -1);
  return /^\d$/.test(key.digit) && code.length < CODE_LENGTH ? code + key.digit : code;
}

export function keyFromKeyboard(key: string): PairingKey | null {
  if (/^\d$/.test(key)) return { kind: "digit", digit: key };
  if (key === "Backspace") return { kind: "erase" };
  if (key === "Escape") return { kind: "clear" };
  return null;
}
