import { serverClock } from "../clock";
import { ANSWER_MS, asking } from "../deadline";
import { isProblem, networkProblem, problemFrom } from "./problem";

/**
 * fetch for this product: the CSRF header on unsafe methods, the language, and a session that is
 * renewed when it ran out. However many requests meet a 401 at once, and in however many tabs, the
 * session is renewed by one at a time. Nothing is waited for without end, neither for an answer nor
 * for another tab: what takes longer counts as no network.
 */

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const LOCK = "vez-session";
/** Asked again once, for everything unsafe waits for it. */
const TOKEN_MS = 4_000;
const READ_MS = 10_000;
/** Some writes wait for a provider behind the clinic. */
const WRITE_MS = 30_000;
/** Pictures over a slow line, and exports that take a while to make. */
const LONG_MS = 120_000;
const NO_BODY = new Set([204, 205, 304]);
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
  /** The same for what takes its time to be made. */
  unhurried: (request: Request) => Promise<Response>;
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
  let elsewhereMs = 0;

  /** The whole answer: its body has come too. */
  async function reach(request: Request, ms = patienceWith(request)): Promise<Response> {
    let response: Response;
    try {
      response = await asking(ms, async (late) => {
        const answer = await send(request, { signal: either(request.signal, late) });
        const body = NO_BODY.has(answer.status) ? null : await answer.arrayBuffer();
        return new Response(body, answer);
      });
    } catch {
      throw networkProblem();
    }
    const now = response.headers.get("X-Server-Time");
    if (now) serverClock.observe(Date.parse(now));
    return response;
  }

  function csrfToken(): Promise<string> {
    csrf ??= readToken().catch((error: unknown) => {
      if (isProblem(error, "network")) return readToken();
      throw error;
    });
    const token = csrf;
    token.catch(() => {
      if (csrf === token) csrf = null;
    });
    return token;
  }

  async function readToken(): Promise<string> {
    const request = new Request(new URL("/api/auth/csrf", location.origin));
    const response = await reach(request, TOKEN_MS);
    if (!response.ok) throw await problemFrom(response);
    return ((await response.json()) as { csrf_token: string }).csrf_token;
  }

  async function dress(request: Request): Promise<Request> {
    const dressed = request.clone();
    if (options.language) dressed.headers.set("Accept-Language", options.language());
    if (!SAFE.has(request.method)) dressed.headers.set("X-CSRFToken", await csrfToken());
    return dressed;
  }

  async function refreshNow(): Promise<boolean> {
    const request = new Request(new URL("/api/auth/refresh", location.origin), { method: "POST" });
    const response = await sendDressed(request, ANSWER_MS);
    elsewhereMs = 0;
    if (response.ok) return true;
    // Another tab renewed it a moment ago and its cookies are ours too, or our own answer was lost.
    elsewhereMs = 1000 * Number(response.headers.get("Retry-After") ?? 0);
    if (response.status === 409)
      return (await problemFrom(response)).code === "refreshed_elsewhere";
    if (response.status === 401 || response.status === 403) return false;
    throw await problemFrom(response);
  }

  function refresh(): Promise<boolean> {
    refreshing ??= (async () => {
      try {
        return await (locks ? inTurn(locks, refreshNow) : refreshNow());
      } finally {
        refreshing = null;
      }
    })();
    return refreshing;
  }

  async function sendDressed(request: Request, ms?: number): Promise<Response> {
    const response = await reach(await dress(request), ms);
    if (response.status !== 403 || SAFE.has(request.method)) return response;
    const problem = await problemFrom(response.clone());
    if (problem.code !== "csrf_failed") return response;
    csrf = null;
    return reach(await dress(request), ms);
  }

  async function fetchInSession(request: Request, ms?: number): Promise<Response> {
    const path = new URL(request.url).pathname;
    const response = await sendDressed(request, ms);
    // A login turns the CSRF token over.
    if (response.ok && path.startsWith("/api/auth/") && !SAFE.has(request.method)) csrf = null;
    if (!renew || response.status !== 401 || NEVER_RENEWED.includes(path)) return response;
    let answer = response;
    if (await refresh()) {
      answer = await sendDressed(request, ms);
      if (answer.status !== 401 || elsewhereMs === 0) return answer;
      // No cookies came: the answer was lost, and may be asked for again.
      await new Promise((resume) => setTimeout(resume, elsewhereMs));
      if (await refresh()) return sendDressed(request, ms);
    }
    endListeners.forEach((listener) => listener());
    return answer;
  }

  return Object.assign((request: Request) => fetchInSession(request), {
    unhurried: (request: Request) => fetchInSession(request, LONG_MS),
    refresh,
    onEnd(listener: () => void) {
      endListeners.add(listener);
      return () => void endListeners.delete(listener);
    },
  });
}

function patienceWith(request: Request): number {
  if (SAFE.has(request.method)) return READ_MS;
  const isUpload = request.headers.get("Content-Type")?.startsWith("multipart/") ?? false;
  return isUpload ? LONG_MS : WRITE_MS;
}

/** As AbortSignal.any, which phones have from 2024 on. */
function either(...signals: (AbortSignal | undefined)[]): AbortSignal {
  const both = new AbortController();
  for (const signal of signals) {
    if (signal?.aborted) both.abort();
    signal?.addEventListener("abort", () => both.abort(), { once: true });
  }
  return both.signal;
}

/** Runs `work` while no other tab does; one that keeps the lock for too long is waited for no more. */
async function inTurn<T>(locks: Locks, work: () => Promise<T>): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ANSWER_MS);
  const turn = { hasCome: false };
  try {
    return await locks.request(LOCK, { signal: patience.signal }, () => {
      turn.hasCome = true;
      return work();
    });
  } catch (error) {
    if (turn.hasCome) throw error;
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
