import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mayBeSignedIn, rememberSignedIn } from "./hint";
import { meQuery, useErase, usePersonKey } from "./session";

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
  serve(() => Response.json({ id: "sofia", username: "sofia" }));
  rememberSignedIn("sofia");
  expect(await new QueryClient().query(meQuery)).toEqual({ id: "sofia", username: "sofia" });
  expect(mayBeSignedIn()).toBe(true);
});

it("knows nothing, rather than nobody, where the server doesn't answer", async () => {
  serve(() => Response.json({ code: "unavailable" }, { status: 503 }));
  rememberSignedIn("sofia");
  const client = new QueryClient();
  await expect(client.query(meQuery)).rejects.toMatchObject({ status: 503 });
  expect(client.getQueryData(["me"])).toBeUndefined();
  expect(mayBeSignedIn()).toBe(true);
});

describe("what was fetched for one person", () => {
  const sofia = { id: "sofia", username: "sofia" };
  const rui = { id: "rui", username: "rui" };

  function known() {
    const client = new QueryClient();
    client.setQueryData(["me"], sofia);
    client.setQueryData(["appointments"], ["hers"]);
    rememberSignedIn("sofia");
    const { result } = renderHook(() => usePersonKey(), {
      wrapper: ({ children }) => createElement(QueryClientProvider, { client }, children),
    });
    return { client, key: () => result.current, before: result.current };
  }

  it.each([
    ["another person's", () => Response.json(rui), rui],
    ["nobody's", refusal, null],
  ])("goes once an answer says that the session is %s", async (_, answer, now) => {
    const { client, key, before } = known();
    serve(answer);

    await act(() => client.query({ ...meQuery, staleTime: 0 }));

    expect(client.getQueryData(["me"])).toEqual(now);
    expect(client.getQueryData(["appointments"])).toBeUndefined();
    expect(key()).not.toBe(before);
  });

  it.each(["rui", null])("goes at once when another page signs in %s", (newValue) => {
    const { client, key, before } = known();
    serve(() => new Response(null, { status: 503 }));

    act(() => {
      window.dispatchEvent(new StorageEvent("storage", { key: "vez.signed-in", newValue }));
    });

    expect(client.getQueryData(["me"])).toBeUndefined();
    expect(client.getQueryData(["appointments"])).toBeUndefined();
    expect(key()).not.toBe(before);
  });

  it("stays while it is the same person's, and where nothing is known", async () => {
    const { client, key, before } = known();
    serve(() => Response.json(sofia));
    await act(() => client.query({ ...meQuery, staleTime: 0 }));
    serve(() => new Response(null, { status: 503 }));
    await expect(client.query({ ...meQuery, staleTime: 0 })).rejects.toBeTruthy();
    act(() => {
      window.dispatchEvent(
        new StorageEvent("storage", { key: "vez.signed-in", newValue: "sofia" }),
      );
    });

    expect(client.getQueryData(["me"])).toEqual(sofia);
    expect(client.getQueryData(["appointments"])).toEqual(["hers"]);
    expect(key()).toBe(before);
  });
});

it("asks no more once the session turned out to be over", async () => {
  serve(refusal);
  rememberSignedIn("sofia");
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
