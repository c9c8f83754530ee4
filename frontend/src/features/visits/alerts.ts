import { useSyncExternalStore } from "react";
import { chime, unlockSound } from "@/lib/chime";

/**
 * How this phone tells its owner that it is their turn while a page is open: sound, vibration, and
 * the browser's notification where it was allowed. Whatever a browser lacks is left out.
 */

const KEY = "vez.sound";
const PROMPT_MS = 3000;
const TOUCHES = ["click", "touchend", "keydown"] as const;

/** `ask`: nobody has been asked yet; `none`: this browser shows no notification of a page. */
export type NoticeState = "none" | "ask" | "granted" | "blocked";

export interface Alerts {
  isSoundOn: boolean;
  /** False until the first touch: no browser lets a page sound before. */
  isSoundReady: boolean;
  notices: NoticeState;
}

function remembersSilence(): boolean {
  try {
    return localStorage.getItem(KEY) === "off";
  } catch {
    return false;
  }
}

/**
 * Browsers on Android know the class but refuse to make one outside a service worker. Before the
 * permission is given nothing is shown by trying.
 */
function firstNotices(): NoticeState {
  if (typeof Notification === "undefined") return "none";
  if (Notification.permission === "granted") return "granted";
  try {
    new Notification("").close();
  } catch {
    return "none";
  }
  return Notification.permission === "denied" ? "blocked" : "ask";
}

let state: Alerts | null = null;
const listeners = new Set<() => void>();

function current(): Alerts {
  state ??= {
    isSoundOn: !remembersSilence(),
    isSoundReady: false,
    notices: firstNotices(),
  };
  return state;
}

function change(next: Partial<Alerts>): void {
  const before = current();
  state = { ...before, ...next };
  if (Object.entries(next).some(([name, value]) => before[name as keyof Alerts] !== value)) {
    listeners.forEach((listener) => listener());
  }
}

function unlock(): void {
  void unlockSound().then((isSoundReady) => change({ isSoundReady }));
}

/** Lets any touch allow the sound, for as long as there may be a call to hear. */
export function listenForTouch(): () => void {
  for (const touch of TOUCHES) window.addEventListener(touch, unlock, { passive: true });
  return () => {
    for (const touch of TOUCHES) window.removeEventListener(touch, unlock);
  };
}

/** Remembers the choice on this phone; switching the sound on lets it be heard. */
export function setSound(isSoundOn: boolean): void {
  change({ isSoundOn });
  try {
    if (isSoundOn) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
  if (!isSoundOn) return;
  void unlockSound().then((isSoundReady) => {
    change({ isSoundReady });
    chime();
  });
}

/** Asks for the permission. Call it from the press that wishes it, and from nothing else. */
export async function askForNotices(): Promise<void> {
  const answer = await Notification.requestPermission();
  const notices = { granted: "granted", denied: "blocked", default: "ask" } as const;
  change({ notices: notices[answer] });
}

/** Says it in every way that is open. `tag` is the same in every tab, so that one notice shows. */
export function announce(title: string, { body, tag }: { body: string; tag: string }): void {
  const { isSoundOn, isSoundReady, notices } = current();
  if (isSoundOn && isSoundReady) {
    // Phones suspend the sound of a page that lay in the background. A note that comes late, with
    // the next touch, would be a second call.
    const asked = performance.now();
    void unlockSound().then(() => {
      if (performance.now() - asked < PROMPT_MS) chime();
    });
  }
  if ("vibrate" in navigator) navigator.vibrate([400, 200, 400]);
  if (notices !== "granted") return;
  try {
    const notice = new Notification(title, { body, tag, requireInteraction: true });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  } catch {
    change({ notices: "none" });
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function useAlerts(): Alerts {
  return useSyncExternalStore(subscribe, current);
}
