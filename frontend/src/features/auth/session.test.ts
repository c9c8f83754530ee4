import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { mayBeSignedIn, rememberSignedIn } from "./hint";
import { meQuery, useErase } from "./session";

const asked: string[] = [];

/** A server of two answers: to `me`, and to everything else. */
function serve(me: () => Response) {
  vi.stubGlobal("fetch", (request: Request) => {
    const path = new URL(request.url).pathname;
    asked.push(path);
    if (path === "/api/auth/csrf") return Promise.resolve(Response.json({ csrf_token: "t" }));
    return Promise.resolve(path === "/api/auth/me" ? me() : refusal());
  });
}

function refusal() {
  return Response.json({ code: "not_authenticated", detail: "" }, { status: 401 });
}

beforeEach(() => {
  asked.length = 0;
  localStorage.clear();
});

afterEach(() => vi.unstubAllGlobals());

it("doesn't ask the server who a visitor is", async () => {
  serve(refusal);
  expect(await new QueryClient().query(meQuery)).toBeNull();
  expect(asked).toEqual([]);
});

it("asks where somebody was logged in before", async () => {
  serve(() => Response.json({ username: "sofia" }));
  rememberSignedIn(true);
  expect(await new QueryClient().query(meQuery)).toEqual({ username: "sofia" });
  expect(mayBeSignedIn()).toBe(true);
});

it("asks no more once the session turned out to be over", async () => {
  serve(refusal);
  rememberSignedIn(true);
  expect(await new QueryClient().query(meQuery)).toBeNull();
  expect(asked).toContain("/api/auth/refresh");
  asked.length = 0;
  expect(await new QueryClient().query(meQuery)).toBeNull();
  expect(asked).toEqual([]);
});

it("has left the account's pages before it is nobody's who was erased", async () => {
  vi.stubGlobal("fetch", (request: Request) =>
    Promise.resolve(
      request.url.endsWith("/csrf")
        ? Response.json({ csrf_token: "t" })
        : new Response(null, { status: 204 }),
    ),
  );
  const client = new QueryClient();
  client.setQueryData(["me"], { username: "sofia" });
  const leave = vi.fn(() => {
    expect(client.getQueryData(["me"])).toEqual({ username: "sofia" });
  });
  const { result } = renderHook(() => useErase(leave), {
    wrapper: ({ children }) => createElement(QueryClientProvider, { client }, children),
  });

  await result.current.mutateAsync("chave-comprida");

  expect(leave).toHaveBeenCalledOnce();
  expect(client.getQueryData(["me"])).toBeNull();
});
