/**
 * One websocket that stays. It reconnects for ever with a growing, jittered pause, counts as dead
 * after a silence, and hands out parsed frames. Knows neither React nor the clinic, so that every
 * entry (also the display) can use it.
 */

export type LiveState = "connecting" | "live" | "lost";

export interface Frame {
  type: string;
  revision?: number;
  server_time?: string;
}

export interface LiveOptions<F extends Frame> {
  path: string;
  onFrame: (frame: F) => void;
  onState?: (state: LiveState) => void;
  /** The server has closed the socket with this code; `onState` follows. */
  onClose?: (code: number) => void;
  /** Runs before every reconnection, e.g. to renew the session. A rejection does not stop it. */
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

export const SILENCE_MS = 35_000;
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

export function openLive<F extends Frame>(options: LiveOptions<F>): LiveConnection {
  const connect = options.connect ?? ((url: string) => new WebSocket(url));
  let socket: WebSocket | null = null;
  let attempt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let state: LiveState | null = null;
  let stopped = false;

  function tell(next: LiveState) {
    if (state === next) return;
    state = next;
    options.onState?.(next);
  }

  function listenForSilence() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(lose, SILENCE_MS);
  }

  function drop() {
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
    ready.then(go, go);
  }

  function open() {
    if (state !== "lost") tell("connecting");
    const opened = connect(socketUrl(options.path));
    socket = opened;
    listenForSilence();
    opened.onmessage = (event: MessageEvent) => {
      listenForSilence();
      let frame: F;
      try {
        frame = JSON.parse(String(event.data)) as F;
      } catch {
        lose();
        return;
      }
      attempt = 0;
      tell("live");
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

  function wake() {
    if (state === "lost" && document.visibilityState === "visible") reconnect();
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
