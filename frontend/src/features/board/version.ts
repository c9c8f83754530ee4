/** A screen hangs there for weeks: it takes a new version by itself, while nobody is being called. */

import { useEffect, useRef, useState } from "react";
import { reloadIfServed, serverVersion } from "@/lib/version";

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

/**
 * Loads the page anew once a new version is out and `idle` holds. Gives the version that this page
 * began with, empty until it is known.
 */
export function useNewVersion(idle: boolean): string {
  const [own, setOwn] = useState("");
  const isOut = useRef(false);
  const isIdle = useRef(idle);

  useEffect(() => {
    isIdle.current = idle;
    if (isOut.current && idle) void reloadIfServed();
  }, [idle]);

  useEffect(() => {
    const watch = new VersionWatch();
    function look() {
      void serverVersion().then((version) => {
        isOut.current = watch.isNew(version);
        setOwn((known) => known || (version ?? ""));
        if (isOut.current && isIdle.current) void reloadIfServed();
      });
    }
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  return own;
}
