import { ANSWER_MS, asking } from "./deadline";

/** The version of the display's files that the server hands out now; null where it can't be asked. */
export async function serverVersion(): Promise<string | null> {
  try {
    return await asking(ANSWER_MS, async (signal) => {
      const answer = await fetch("/version.json", { cache: "no-store", signal });
      if (!answer.ok) return null;
      const { version } = (await answer.json()) as { version?: unknown };
      return typeof version === "string" ? version : null;
    });
  } catch {
    return null;
  }
}

const PARTS = /(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g;

/**
 * Loads this page anew, or the one at that address of ours, but only where the server hands it out
 * whole: nobody stands before a screen to load it again from an error page. False where it stays as
 * it is.
 */
export async function reloadIfServed(address = location.href): Promise<boolean> {
  const isServed = await asking(ANSWER_MS, async (signal) => {
    const page = await fetch(address, { cache: "no-store", signal });
    const text = page.ok ? await page.text() : "";
    const parts = Array.from(text.matchAll(PARTS), ([, path = ""]) => path);
    const answers = await Promise.all(parts.map((path) => fetch(path, { signal })));
    return parts.length > 0 && text.includes('id="root"') && answers.every(({ ok }) => ok);
  }).catch(() => false);
  if (isServed) {
    if (address === location.href) location.reload();
    else location.assign(address);
  }
  return isServed;
}

const AGAIN_MS = 10_000;

/** For a page that broke and that nobody attends: loads it anew as soon as it is handed out. */
export function keepReloading(): void {
  setInterval(() => void reloadIfServed(), AGAIN_MS);
}
