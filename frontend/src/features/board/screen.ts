/** This display and the server: what staff have set for it, and how it is. */

import { useCallback, useEffect, useRef, useState } from "react";
import type { DisplaySettings, ScreenReport, ThisDevice } from "@/lib/api/types";
import { csrfToken } from "@/lib/csrf";
import { ANSWER_MS, asking } from "@/lib/deadline";
import { USUAL_SETTINGS } from "./settings";

export const REPORT_EVERY_MS = 30_000;
/** Changes that come together are told together. */
export const REPORT_AFTER_MS = 2_000;

async function settingsIn(answer: Response): Promise<DisplaySettings | null> {
  return answer.ok ? ((await answer.json()) as ThisDevice).settings : null;
}

/** Null where the server can't be asked. */
async function fetchSettings(): Promise<DisplaySettings | null> {
  try {
    return await asking(ANSWER_MS, async (signal) =>
      settingsIn(await fetch("/api/devices/me", { credentials: "same-origin", signal })),
    );
  } catch {
    return null;
  }
}

/** Sends a report; the answer repeats the settings. Null where the server can't be told. */
async function sendReport(report: string): Promise<DisplaySettings | null> {
  try {
    return await asking(ANSWER_MS, async (signal) =>
      settingsIn(
        await fetch("/api/devices/me/status", {
          method: "POST",
          credentials: "same-origin",
          headers: { "Content-Type": "application/json", "X-CSRFToken": await csrfToken(signal) },
          body: report,
          signal,
        }),
      ),
    );
  } catch {
    return null;
  }
}

/**
 * The settings, read at the start and whenever `turn` grows or `doubt` is called; null until it is
 * known which they are, or that the server can't say.
 */
export function useSettings(turn: number): {
  settings: DisplaySettings | null;
  doubt: () => void;
} {
  const [settings, setSettings] = useState<DisplaySettings | null>(null);
  const [doubts, setDoubts] = useState(0);

  useEffect(() => {
    let isOutrun = false;
    void fetchSettings().then((read) => {
      if (!isOutrun) setSettings((old) => read ?? old ?? USUAL_SETTINGS);
    });
    return () => {
      isOutrun = true;
    };
  }, [turn, doubts]);

  const doubt = useCallback(() => setDoubts((count) => count + 1), []);
  return { settings, doubt };
}

/**
 * Tells the server how this display is: two seconds after a change, and every thirty; null while
 * there is nothing to tell. Calls `onOtherSettings` where the answer names settings that aren't
 * `settings`.
 */
export function useReport(
  report: ScreenReport | null,
  settings: DisplaySettings | null,
  onOtherSettings: () => void,
): void {
  const text = report && JSON.stringify(report);
  const now = useRef({ text, settings, onOtherSettings });
  useEffect(() => {
    now.current = { text, settings, onOtherSettings };
  });

  useEffect(() => {
    const timer = setTimeout(() => void tell(now.current), REPORT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);

  useEffect(() => {
    const timer = setInterval(() => void tell(now.current), REPORT_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}

async function tell({
  text,
  settings,
  onOtherSettings,
}: {
  text: string | null;
  settings: DisplaySettings | null;
  onOtherSettings: () => void;
}): Promise<void> {
  if (text === null) return;
  const answered = await sendReport(text);
  if (answered && JSON.stringify(answered) !== JSON.stringify(settings)) onOtherSettings();
}
