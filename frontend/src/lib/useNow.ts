import { useEffect, useState, useSyncExternalStore } from "react";
import { civilDate, type CivilDate } from "./civil";
import { serverClock } from "./clock";

const DAY_CHECK_MS = 5000;

/** The server's time, read again every `everyMs`. */
export function useServerNow(everyMs: number): number {
  const [now, setNow] = useState(() => serverClock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverClock.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function subscribeToDay(listener: () => void) {
  const timer = setInterval(listener, DAY_CHECK_MS);
  // A phone that slept over midnight shows nothing of yesterday when it wakes.
  document.addEventListener("visibilitychange", listener);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", listener);
  };
}

/** The clinic's date by the server's time; changes by itself at midnight. */
export function useToday(): CivilDate {
  return useSyncExternalStore(subscribeToDay, () => civilDate(serverClock.now()));
}
