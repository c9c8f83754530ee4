import { serverClock } from "../clock";
import { networkProblem, problemFrom } from "./problem";

/**
 * fetch for this product: the CSRF header on unsafe methods, the language, and a session that is
 * renewed when it ran out. However many requests meet a 401 at once, and in however many tabs, the
 * session is renewed by one at a time.
 */

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const LOCK = "vez-session";
const NEVER_RENEWED = ["/api/auth/login", "/api/auth/register", "/api/auth/refresh"];

type Locks = Pick<LockManager, "request">;

export interface SessionOptions {
  fetch?: typeof fetch;
  locks?: Locks | undefined;
  /** Devices have a credential of their own; nothing is to be renewed. */
  renew?: boolean;
  language?: () => string;
}

export interface SessionFetch {
  (request: Request): Promise<Response>;
  /** Renews the session; false when it is over. */
  refresh: () => Promise<boolean>;
  onEnd: (listener: () => void) => () => void;
}

export function sessionFetch(options: SessionOptions = {}): SessionFetch {
  const send: typeof fetch = options.fetch ?? ((...args) => fetch(...args));
  const locks = "locks" in options ? options.locks : navigator.locks;
  const renew = options.renew ?? true;
  const endListeners = new Set<() => void>();
  let csrf: Promise<string> | null = null;
  let refreshing: Promise<boolean> | null = null;

  async function reach(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await send(request);
    } catch {
      throw networkProblem();
    }
    const now = response.headers.get("X-Server-Time");
    if (now) serverClock.observe(Date.parse(now));
    return response;
  }

  function csrfToken(): Promise<string> {
    csrf ??= (async () => {
      const response = await reach(new Request(new URL("/api/auth/csrf", location.origin)));
      if (!response.ok) throw await problemFrom(response);
      return ((await response.json()) as { csrf_token: string }).csrf_token;
    })();
    csrf.catch(() => {
      csrf = null;
    });
    return csrf;
  }

  async function dress(request: Request): Promise<Request> {
    const dressed = request.clone();
    if (options.language) dressed.headers.set("Accept-Language", options.language());
    if (!SAFE.has(request.method)) dressed.headers.set("X-CSRFToken", await csrfToken());
    return dressed;
  }

  async function refreshNow(): Promise<boolean> {
    const request = new Request(new URL("/api/auth/refresh", location.origin), { method: "POST" });
    const response = await sendDressed(request);
    if (response.ok) return true;
    // Another tab renewed it a moment ago: its cookies are ours too.
    if (response.status === 409)
      return (await problemFrom(response)).code === "refreshed_elsewhere";
    if (response.status === 401 || response.status === 403) return false;
    throw await problemFrom(response);
  }

  function refresh(): Promise<boolean> {
    refreshing ??= (async () => {
      try {
        return await (locks ? locks.request(LOCK, refreshNow) : refreshNow());
      } finally {
        refreshing = null;
      }
    })();
    return refreshing;
  }

  async function sendDressed(request: Request): Promise<Response> {
    const response = await reach(await dress(request));
    if (response.status !== 403 || SAFE.has(request.method)) return response;
    const problem = await problemFrom(response.clone());
    if (problem.code !== "csrf_failed") return response;
    csrf = null;
    return reach(await dress(request));
  }

  async function fetchInSession(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    const response = await sendDressed(request);
    // A login turns the CSRF token over.
    if (response.ok && path.startsWith("/api/auth/") && !SAFE.has(request.method)) csrf = null;
    if (!renew || response.status !== 401 || NEVER_RENEWED.includes(path)) return response;
    if (!(await refresh())) {
      endListeners.forEach((listener) => listener());
      return response;
    }
    return sendDressed(request);
  }

  return Object.assign(fetchInSession, {
    refresh,
    onEnd(listener: () => void) {
      endListeners.add(listener);
      return () => void endListeners.delete(listener);
    },
  });
}
