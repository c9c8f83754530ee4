import type { LiveFrame } from "./api/types";
import { elapsed } from "./clock";
import { ANSWER_MS, within } from "./deadline";

/**
 * One websocket that stays. It reconnects for ever with a growing, jittered pause, says when it can't
 * vouch for what came, counts as dead after a silence, and hands out parsed frames. Knows neither
 * React nor the clinic, so that every entry (also the display) can use it.
 */

/**
 * `live`: what came is the present state. `stale`: the socket is there, but the server says that it
 * may be behind, or a heartbeat is overdue. `lost`: there is no socket.
 */
export type LiveState = "connecting" | "live" | "stale" | "lost";

export interface LiveOptions {
  path: string;
  onFrame: (frame: LiveFrame) => void;
  onState?: (state: LiveState) => void;
  /** The server has closed the socket with this code; `onState` follows. */
  onClose?: (code: number) => void;
  /** Runs before every reconnection, e.g. to renew the session. Neither a rejection nor a wait without end stops it. */
  beforeReconnect?: () => Promise<unknown>;
  /** In seconds; a pause is never longer. */
  longestPause?: number;
  random?: () => number;
  connect?: (url: string) => WebSocket;
}

export interface LiveConnection {
  close: () => void;
  /** Drops the present connection and opens a new one at once. */
  reconnect: () => void;
}

/** A heartbeat comes every four seconds: after this long one is overdue, and pages say so. */
export const OVERDUE_MS = 6_000;
/**
 * After this long the socket counts as dead. Between this and OVERDUE_MS a page that asked over HTTP
 * may believe what it was told then, so the two lie less than eight seconds apart.
 */
export const SILENCE_MS = 13_000;
export const LONGEST_PAUSE_S = 30;

/** 1, 2, 4 … 30 s, of which between a half and the whole is waited: screens come back scattered. */
export function backoffMs(
  attempt: number,
  random: () => number = Math.random,
  longest: number = LONGEST_PAUSE_S,
): number {
  const seconds = Math.min(longest, 2 ** Math.min(attempt, 10));
  return Math.round(seconds * 1000 * (0.5 + random() / 2));
}

function socketUrl(path: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${path}`;
}

export function openLive(options: LiveOptions): LiveConnection {
  const connect = options.connect ?? ((url: string) => new WebSocket(url));
  let socket: WebSocket | null = null;
  let attempt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let overdueTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let heardAt = 0;
  let isDoubted = false;
  let state: LiveState | null = null;
  let stopped = false;

  function tell(next: LiveState) {
    if (state === next) return;
    state = next;
    options.onState?.(next);
  }

  function listenForSilence() {
    clearTimeout(overdueTimer);
    clearTimeout(silenceTimer);
    heardAt = elapsed();
    overdueTimer = setTimeout(() => {
      if (state === "live") tell("stale");
    }, OVERDUE_MS);
    silenceTimer = setTimeout(lose, SILENCE_MS);
  }

  function drop() {
    clearTimeout(overdueTimer);
    clearTimeout(silenceTimer);
    clearTimeout(retryTimer);
    const old = socket;
    socket = null;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = old.onerror = null;
    old.close();
  }

  function lose() {
    drop();
    if (stopped) return;
    tell("lost");
    const pause = backoffMs(attempt, options.random, options.longestPause);
    attempt += 1;
    retryTimer = setTimeout(retry, pause);
  }

  function retry() {
    const ready = options.beforeReconnect?.() ?? Promise.resolve();
    const go = () => {
      if (!stopped && !socket) open();
    };
    within(ANSWER_MS, ready).then(go, go);
  }

  function open() {
    if (state !== "lost") tell("connecting");
    const opened = connect(socketUrl(options.path));
    socket = opened;
    isDoubted = false;
    listenForSilence();
    opened.onmessage = (event: MessageEvent) => {
      listenForSilence();
      let frame: LiveFrame;
      try {
        frame = JSON.parse(String(event.data)) as LiveFrame;
      } catch {
        lose();
        return;
      }
      attempt = 0;
      if (frame.type === "heartbeat") isDoubted = frame.stale;
      tell(isDoubted ? "stale" : "live");
      options.onFrame(frame);
    };
    opened.onclose = (event: CloseEvent) => {
      options.onClose?.(event.code);
      lose();
    };
    opened.onerror = lose;
  }

  function reconnect() {
    if (stopped) return;
    drop();
    attempt = 0;
    open();
  }

  /** Timers stand still while a phone sleeps: it may wake to a socket that has long been dead. */
  function wake() {
    if (document.visibilityState !== "visible") return;
    if (state === "lost" || elapsed() - heardAt > OVERDUE_MS) reconnect();
  }

  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  open();

  return {
    reconnect,
    close() {
      stopped = true;
      drop();
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
    },
  };
}

export interface RevisionGate {
  /** True when the frame is newer than all before it; the frame then counts as seen. */
  accept: (revision: number) => boolean;
  /** True when the server speaks of a revision that has not been seen: a frame was missed. */
  isBehind: (revision: number) => boolean;
  reset: () => void;
}

export function revisionGate(): RevisionGate {
  let seen = -Infinity;
  return {
    accept(revision) {
      if (!(revision > seen)) return false;
      seen = revision;
      return true;
    },
    isBehind: (revision) => revision > seen,
    reset() {
      seen = -Infinity;
    },
  };
}
