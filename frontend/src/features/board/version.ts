/** A screen hangs there for weeks: it takes a new version by itself, while nobody is being called. */

import { useEffect, useRef } from "react";

const EVERY_MS = 5 * 60_000;

/** Says when another version is out than the one this page began with. */
export class VersionWatch {
  private first: string | null = null;

  /** Given what the server has now, null where it could not be asked. */
  isNew(version: string | null): boolean {
    this.first = this.first ?? version;
    return version !== null && version !== this.first;
  }
}

async function serverVersion(): Promise<string | null> {
  try {
    const answer = await fetch("/version.json", { cache: "no-store" });
    if (!answer.ok) return null;
    const { version } = (await answer.json()) as { version?: unknown };
    return typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}

/** Loads the page anew once a new version is out and `idle` holds. */
export function useNewVersion(idle: boolean): void {
  const isOut = useRef(false);
  const isIdle = useRef(idle);

  useEffect(() => {
    isIdle.current = idle;
    if (isOut.current && idle) location.reload();
  }, [idle]);

  useEffect(() => {
    const watch = new VersionWatch();
    function look() {
      void serverVersion().then((version) => {
        isOut.current = watch.isNew(version);
        if (isOut.current && isIdle.current) location.reload();
      });
    }
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}
