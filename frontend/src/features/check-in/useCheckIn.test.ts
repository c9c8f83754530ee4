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
const asked: { method: string; path: string; answer: Answer }[] = [];

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
        answer: (body, status = 200) => resolve(Response.json(body, { status })),
      });
    });
  });
});

afterEach(() => vi.unstubAllGlobals());

function kioskThatSends(code: string) {
  const kiosk = renderHook(useCheckIn);
  act(() => kiosk.result.current.dispatch({ type: "choose_code" }));
  for (const character of code) {
    act(() => kiosk.result.current.dispatch({ type: "type", character }));
  }
  act(() => kiosk.result.current.submit());
  return kiosk;
}

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

it("sends once, however often somebody presses", async () => {
  const { result } = kioskThatSends("K7M2P");
  act(() => result.current.dispatch({ type: "type", character: "Q" }));
  act(() => {
    result.current.submit();
    result.current.submit();
  });
  await heard("POST", "/api/check-ins");

  expect(asked.filter(({ method }) => method === "POST")).toHaveLength(1);
});

it("keeps the answer of one who left from the next, who can send at once", async () => {
  const { result } = kioskThatSends("K7M2PQ");
  const first = await heard("POST", "/api/check-ins");
  act(() => result.current.dispatch({ type: "reset" }));
  act(() => result.current.dispatch({ type: "choose_code" }));
  for (const character of "ABCDEF") {
    act(() => result.current.dispatch({ type: "type", character }));
  }
  act(() => result.current.submit());
  await waitFor(() => expect(asked.filter(({ method }) => method === "POST")).toHaveLength(2));
  first.answer({ id: "c1", status: "processing" }, 202);
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));

  expect(result.current.step).toMatchObject({ name: "sending", way: "code" });
});
