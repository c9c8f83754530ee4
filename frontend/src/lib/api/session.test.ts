import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "./problem";
import { sessionFetch, type SessionOptions } from "./session";

type Answer = (request: Request) => Response | Promise<Response>;

function problem(status: number, code: string): Response {
  return new Response(JSON.stringify({ code, detail: code, errors: [] }), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}

/** A server of a few lines: by method and path, with a log of what it was asked. */
function server(answers: Record<string, Answer>) {
  const log: string[] = [];
  const fetch = (async (input: Request) => {
    const key = `${input.method} ${new URL(input.url).pathname}`;
    log.push(key);
    if (key === "GET /api/auth/csrf") return Response.json({ csrf_token: `token-${log.length}` });
    const answer = answers[key];
    if (!answer) throw new TypeError("network");
    return answer(input);
  }) as unknown as typeof globalThis.fetch;
  const times = (key: string) => log.filter((one) => one === key).length;
  return { fetch, log, times };
}

/** Web locks of one browser: one holder at a time, also between tabs. */
function lockManager() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    request: (_name: string, { signal }: LockOptions, run: () => Promise<unknown>) => {
      const refused = new Promise<never>((_, refuse) => {
        signal?.addEventListener("abort", () => refuse(new DOMException("", "AbortError")));
      });
      const mine = Promise.race([last, refused]).then(run);
      last = Promise.allSettled([last, mine]);
      return mine;
    },
  } as unknown as NonNullable<SessionOptions["locks"]>;
}

function get(path: string) {
  return new Request(new URL(path, location.origin));
}

function post(path: string, body: unknown = {}) {
  return new Request(new URL(path, location.origin), {
    method: "POST",
    body: JSON.stringify(body),
  });
}

/** A session that ran out and is good again after one refresh. */
function expiring() {
  const state = { valid: false, refreshes: 0, held: 0, most: 0 };
  const guarded: Answer = () =>
    state.valid ? Response.json({ ok: true }) : problem(401, "not_authenticated");
  const refresh: Answer = async () => {
    state.refreshes += 1;
    state.held += 1;
    state.most = Math.max(state.most, state.held);
    await new Promise((resolve) => setTimeout(resolve, 5));
    state.held -= 1;
    state.valid = true;
    return Response.json({});
  };
  return { state, guarded, refresh };
}

describe("a session that ran out", () => {
  it("is renewed once, however many requests notice it, and each of them is repeated", async () => {
    const { state, guarded, refresh } = expiring();
    const { fetch, times } = server({
      "GET /api/appointments": guarded,
      "POST /api/auth/refresh": refresh,
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => session(get("/api/appointments"))),
    );
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(state.refreshes).toBe(1);
    expect(times("GET /api/appointments")).toBe(12);
  });

  it("is renewed by one tab at a time", async () => {
    const { state, guarded, refresh } = expiring();
    const locks = lockManager();
    const { fetch } = server({
      "GET /api/appointments": guarded,
      "POST /api/auth/refresh": refresh,
    });
    const tabs = [sessionFetch({ fetch, locks }), sessionFetch({ fetch, locks })];
    const answers = await Promise.all(tabs.map((tab) => tab(get("/api/appointments"))));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(state.most).toBe(1);
  });

  it("counts as renewed when another tab was a moment faster", async () => {
    let valid = false;
    const { fetch } = server({
      "GET /api/appointments": () =>
        valid ? Response.json({ ok: true }) : problem(401, "not_authenticated"),
      "POST /api/auth/refresh": () => {
        valid = true;
        return problem(409, "refreshed_elsewhere");
      },
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    expect((await session(get("/api/appointments"))).status).toBe(200);
  });

  it("asks again when the answer to its own renewal was lost", async () => {
    let asked = 0;
    const { fetch } = server({
      "GET /api/appointments": () =>
        asked > 1 ? Response.json({ ok: true }) : problem(401, "not_authenticated"),
      "POST /api/auth/refresh": () => {
        asked += 1;
        if (asked > 1) return Response.json({});
        const told = problem(409, "refreshed_elsewhere");
        told.headers.set("Retry-After", "0.01");
        return told;
      },
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    expect((await session(get("/api/appointments"))).status).toBe(200);
  });

  it("repeats a body unchanged", async () => {
    const { state, refresh } = expiring();
    const bodies: string[] = [];
    const { fetch } = server({
      "POST /api/appointments": async (request) => {
        bodies.push(await request.text());
        return state.valid ? Response.json({}) : problem(401, "not_authenticated");
      },
      "POST /api/auth/refresh": refresh,
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    await session(post("/api/appointments", { specialty: "massage" }));
    expect(bodies).toEqual(['{"specialty":"massage"}', '{"specialty":"massage"}']);
  });

  it("ends when it can't be renewed, and says so once", async () => {
    const { fetch, times } = server({
      "GET /api/appointments": () => problem(401, "not_authenticated"),
      "POST /api/auth/refresh": () => problem(401, "session_ended"),
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    let ends = 0;
    session.onEnd(() => {
      ends += 1;
    });
    expect((await session(get("/api/appointments"))).status).toBe(401);
    expect(ends).toBe(1);
    expect(times("GET /api/appointments")).toBe(1);
  });

  it("works without web locks, as on a page that isn't secure", async () => {
    const { state, guarded, refresh } = expiring();
    const { fetch } = server({
      "GET /api/appointments": guarded,
      "POST /api/auth/refresh": refresh,
    });
    const session = sessionFetch({ fetch, locks: undefined });
    const both = [session(get("/api/appointments")), session(get("/api/appointments"))];
    expect((await Promise.all(both)).map((answer) => answer.status)).toEqual([200, 200]);
    expect(state.refreshes).toBe(1);
  });
});

describe("what is never renewed", () => {
  it("a refused login: its 401 is the answer", async () => {
    const { fetch, times } = server({
      "POST /api/auth/login": () => problem(401, "invalid_credentials"),
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    expect((await session(post("/api/auth/login"))).status).toBe(401);
    expect(times("POST /api/auth/refresh")).toBe(0);
  });

  it("a device's credential", async () => {
    const { fetch, times } = server({ "GET /api/board": () => problem(401, "not_authenticated") });
    const session = sessionFetch({ fetch, locks: lockManager(), renew: false });
    expect((await session(get("/api/board"))).status).toBe(401);
    expect(times("POST /api/auth/refresh")).toBe(0);
  });
});

describe("the CSRF token", () => {
  it("goes with unsafe methods only, fetched once", async () => {
    const seen: (string | null)[] = [];
    const note: Answer = (request) => {
      seen.push(request.headers.get("X-CSRFToken"));
      return Response.json({});
    };
    const { fetch, times } = server({
      "GET /api/clinic": note,
      "POST /api/appointments": note,
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    await session(get("/api/clinic"));
    await session(post("/api/appointments"));
    await session(post("/api/appointments"));
    expect(seen).toEqual([null, "token-2", "token-2"]);
    expect(times("GET /api/auth/csrf")).toBe(1);
  });

  it("is fetched again when it turned out stale, and the request repeated", async () => {
    let refusals = 1;
    const { fetch, times } = server({
      "POST /api/appointments": () =>
        refusals-- > 0 ? problem(403, "csrf_failed") : Response.json({}),
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    expect((await session(post("/api/appointments"))).status).toBe(200);
    expect(times("GET /api/auth/csrf")).toBe(2);
  });

  it("is left alone by any other 403", async () => {
    const { fetch, times } = server({
      "POST /api/appointments": () => problem(403, "permission_denied"),
    });
    const session = sessionFetch({ fetch, locks: lockManager() });
    expect((await session(post("/api/appointments"))).status).toBe(403);
    expect(times("POST /api/appointments")).toBe(1);
  });
});

it("a server out of reach is a problem with a code of its own", async () => {
  const { fetch } = server({});
  const session = sessionFetch({ fetch, locks: lockManager() });
  const failure = await session(get("/api/clinic")).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Problem);
  expect((failure as Problem).code).toBe("network");
});

describe("an answer that never comes", () => {
  const never = () => new Promise<Response>(() => undefined);

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What becomes of a request, and after how many seconds. */
  async function outcome(answer: Promise<Response>) {
    const began = Date.now();
    const came: (number | string)[] = [];
    const note = (what: number | string) =>
      came.push(what, Math.round((Date.now() - began) / 1000));
    answer.then(
      ({ status }) => note(status),
      (error: unknown) => note((error as Problem).code),
    );
    while (came.length === 0) await vi.advanceTimersByTimeAsync(100);
    return came;
  }

  it.each([
    ["a reading", get("/api/clinic"), 10],
    ["a writing", post("/api/appointments"), 30],
    [
      "pictures",
      new Request(new URL("/api/me/face", location.origin), {
        method: "PUT",
        headers: { "Content-Type": "multipart/form-data; boundary=x" },
        body: "--x--",
      }),
      120,
    ],
  ])("ends as no network, and the request is given up: %s", async (_, request, seconds) => {
    let given: AbortSignal | null | undefined;
    const fetch = ((input: Request, init?: RequestInit) => {
      if (input.url.endsWith("/csrf")) return Promise.resolve(Response.json({ csrf_token: "t" }));
      given = init?.signal;
      return never();
    }) as typeof globalThis.fetch;
    const session = sessionFetch({ fetch, locks: lockManager() });

    expect(await outcome(session(request))).toEqual(["network", seconds]);
    expect(given?.aborted).toBe(true);
  });

  it("counts as none where only its body is missing", async () => {
    const { fetch } = server({ "GET /api/clinic": () => new Response(new ReadableStream()) });
    const session = sessionFetch({ fetch, locks: lockManager() });

    expect(await outcome(session(get("/api/clinic")))).toEqual(["network", 10]);
  });

  it("to one question for the CSRF token costs four seconds, and nobody after that anything", async () => {
    let tokens = 0;
    const fetch = ((input: Request) => {
      if (!input.url.endsWith("/csrf")) return Promise.resolve(Response.json({}));
      tokens += 1;
      return tokens === 1 ? never() : Promise.resolve(Response.json({ csrf_token: "t" }));
    }) as typeof globalThis.fetch;
    const session = sessionFetch({ fetch, locks: lockManager(), renew: false });

    expect(await outcome(session(post("/api/check-ins")))).toEqual([200, 4]);
    expect(await outcome(session(post("/api/check-ins")))).toEqual([200, 0]);
    expect(tokens).toBe(2);
  });

  it("to every question for the token refuses one visitor, and the next asks anew", async () => {
    let isDown = true;
    const fetch = ((input: Request) => {
      if (!input.url.endsWith("/csrf")) return Promise.resolve(Response.json({}));
      return isDown ? never() : Promise.resolve(Response.json({ csrf_token: "t" }));
    }) as typeof globalThis.fetch;
    const session = sessionFetch({ fetch, locks: lockManager(), renew: false });

    expect(await outcome(session(post("/api/check-ins")))).toEqual(["network", 8]);
    isDown = false;
    expect(await outcome(session(post("/api/check-ins")))).toEqual([200, 0]);
  });

  it("to one tab's renewal holds up neither its own next one nor another tab", async () => {
    const { state, guarded, refresh } = expiring();
    const locks = lockManager();
    let renewals = 0;
    const { fetch } = server({
      "GET /api/appointments": guarded,
      "POST /api/auth/refresh": (request) => ((renewals += 1) === 1 ? never() : refresh(request)),
    });
    const stuck = sessionFetch({ fetch, locks });
    const other = sessionFetch({ fetch, locks });

    const first = outcome(stuck(get("/api/appointments")));
    const second = await outcome(other(get("/api/appointments")));

    expect(second).toEqual([200, 8]);
    expect(await first).toEqual(["network", 8]);
    state.valid = false;
    expect(await outcome(stuck(get("/api/appointments")))).toEqual([200, 0]);
  });

  it("of a tab that keeps the lock for ever is waited for eight seconds", async () => {
    const { guarded, refresh } = expiring();
    const locks = lockManager();
    void locks.request("vez-session", {}, () => new Promise(() => undefined));
    const { fetch } = server({
      "GET /api/appointments": guarded,
      "POST /api/auth/refresh": refresh,
    });

    const session = sessionFetch({ fetch, locks });

    expect(await outcome(session(get("/api/appointments")))).toEqual([200, 8]);
  });
});
