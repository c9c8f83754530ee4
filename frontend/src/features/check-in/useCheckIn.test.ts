import { act, renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useCheckIn } from "./useCheckIn";

const ARRIVED = {
  id: "c1",
  status: "arrived",
  label: "Ana M.",
  ticket: "A001",
  room: "1",
  wait: null,
  detail: null,
};

class Socket {
  static last: Socket;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor() {
    Socket.last = this;
  }

  close(): void {
    this.onmessage = null;
  }

  tell(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

type Answer = (body: unknown, status?: number) => void;

/** Requests of the kiosk, each answered when the test says so. */
const asked: { method: string; path: string; sent: () => Promise<unknown>; answer: Answer }[] = [];

/** The request, which has to come well before the first second is over. */
function heard(method: string, path: string) {
  return waitFor(
    () => {
      const found = asked.find((one) => one.method === method && one.path === path);
      if (!found) throw new Error(`nobody asked ${method} ${path}`);
      return found;
    },
    { timeout: 600 },
  );
}

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", (request: Request | string) => {
    const [method, url] =
      typeof request === "string" ? ["GET", request] : [request.method, request.url];
    const { pathname: path } = new URL(url, location.origin);
    if (path === "/api/auth/csrf") return Promise.resolve(Response.json({ csrf_token: "t" }));
    return new Promise((resolve) => {
      asked.push({
        method,
        path,
        sent: () => (typeof request === "string" ? Promise.resolve(null) : request.json()),
        answer: (body, status = 200) => resolve(Response.json(body, { status })),
      });
    });
  });
});

afterEach(() => vi.unstubAllGlobals());

type Kiosk = ReturnType<typeof renderHook<ReturnType<typeof useCheckIn>, unknown>>;

function typeAt({ result }: Kiosk, code: string) {
  act(() => result.current.dispatch({ type: "choose_code" }));
  for (const character of code) {
    act(() => result.current.dispatch({ type: "type", character }));
  }
}

function kioskThatSends(code: string) {
  const kiosk = renderHook(useCheckIn);
  typeAt(kiosk, code);
  return kiosk;
}

const posts = () => asked.filter(({ method }) => method === "POST");

it("reads a decision at once whose frame came before the check-in was known", async () => {
  const { result } = kioskThatSends("K7M2PQ");
  const post = await heard("POST", "/api/check-ins");
  act(() => Socket.last.tell({ type: "check_in", ...ARRIVED }));
  post.answer({ id: "c1", status: "processing" }, 202);
  const read = await heard("GET", "/api/check-ins/c1");
  read.answer(ARRIVED);

  await waitFor(() =>
    expect(result.current.step).toEqual({ name: "answer", by: "code", checkIn: ARRIVED }),
  );
});

it("sends a code by itself, once, with its sixth character", async () => {
  const kiosk = kioskThatSends("K7M2P");
  expect(kiosk.result.current.step.name).toBe("code");
  act(() => {
    kiosk.result.current.dispatch({ type: "type", character: "Q" });
    kiosk.result.current.dispatch({ type: "type", character: "X" });
  });
  await heard("POST", "/api/check-ins");

  expect(posts()).toHaveLength(1);
  expect(kiosk.result.current.step.name).toBe("sending");
});

it("confirms once, however often somebody presses", async () => {
  const { result } = kioskThatSends("K7M2PQ");
  const post = await heard("POST", "/api/check-ins");
  post.answer({ id: "c1", status: "confirm" }, 202);
  await waitFor(() => expect(result.current.step.name).toBe("confirm"));
  for (const character of "1984") {
    act(() => result.current.dispatch({ type: "type", character }));
  }
  act(() => {
    result.current.submit();
    result.current.submit();
  });
  await heard("POST", "/api/check-ins/c1/confirm");

  expect(posts()).toHaveLength(2);
});

it("sends a refused QR no second time until the kiosk has rested", async () => {
  const { result } = renderHook(useCheckIn);
  const see = () => act(() => result.current.read("K7M2PQ"));
  act(() => result.current.dispatch({ type: "choose_code" }));
  see();
  const post = await heard("POST", "/api/check-ins");
  post.answer({ id: "c1", status: "not_recognised" }, 202);
  await waitFor(() => expect(result.current.step).toMatchObject({ trouble: "wrong" }));
  see();
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));

  expect(result.current.step).toEqual({ name: "code", typed: "", trouble: "wrong" });
  expect(posts()).toHaveLength(1);

  act(() => result.current.dispatch({ type: "reset" }));
  act(() => result.current.dispatch({ type: "choose_code" }));
  see();
  await waitFor(() => expect(posts()).toHaveLength(2));
});

it("keeps the answer of one who left from the next, who can send at once", async () => {
  const kiosk = kioskThatSends("K7M2PQ");
  const { result } = kiosk;
  const first = await heard("POST", "/api/check-ins");
  act(() => result.current.dispatch({ type: "reset" }));
  typeAt(kiosk, "ABCDEF");
  await waitFor(() => expect(posts()).toHaveLength(2));
  first.answer({ id: "c1", status: "processing" }, 202);
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));

  expect(result.current.step).toMatchObject({ name: "sending", way: "code" });
});

it("checks in with the session whose video was streamed", async () => {
  const kiosk = renderHook(useCheckIn);
  act(() => kiosk.result.current.dispatch({ type: "choose_camera" }));
  act(() => kiosk.result.current.video("11111111-1111-4111-8111-111111111111"));

  const post = await heard("POST", "/api/check-ins");

  expect(await post.sent()).toEqual({ liveness: "11111111-1111-4111-8111-111111111111" });
  post.answer({ id: "c1", status: "processing" }, 202);
  await waitFor(() =>
    expect(kiosk.result.current.step).toEqual({ name: "waiting", way: "face", id: "c1" }),
  );
});

it("knows whether the clinic can be relied upon to answer", () => {
  const { result } = renderHook(useCheckIn);
  expect(result.current.link).toBe("connecting");

  act(() => Socket.last.tell({ type: "heartbeat", revision: 1, stale: false }));
  expect(result.current.link).toBe("live");
  act(() => Socket.last.tell({ type: "heartbeat", revision: 1, stale: true }));
  expect(result.current.link).toBe("stale");
});
