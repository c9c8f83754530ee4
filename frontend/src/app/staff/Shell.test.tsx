import { act, cleanup, screen } from "@testing-library/react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { renderPage } from "@/test/render";
import { LatePage } from "@/ui";
import { MissingPage } from "./MissingPage";
import { Shell } from "./Shell";

const TERESA = { id: "teresa", role: "reception", full_name: "Teresa Brandão", language: "pt" };

const MARTA = { ...TERESA, id: "marta", role: "manager" };

let me: () => Promise<Response>;
let open_issues = 0;
let stuck_work = 0;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.setItem("vez.signed-in", "teresa");
  vi.stubGlobal("fetch", ({ url }: Request) =>
    url.endsWith("/auth/me")
      ? me()
      : Promise.resolve(
          url.endsWith("/auth/csrf")
            ? Response.json({ csrf_token: "t" })
            : url.includes("/staff/money/summary")
              ? Response.json({ open_issues, stuck_work })
              : Response.json({ code: "not_authenticated" }, { status: 401 }),
        ),
  );
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(path: string) {
  const router = createMemoryRouter(
    [
      {
        element: <Shell />,
        hydrateFallbackElement: <LatePage />,
        children: [
          { index: true, element: <p>o dia</p> },
          { path: "dinheiro", lazy: () => new Promise<never>(() => undefined) },
          { path: "*", element: <MissingPage /> },
        ],
      },
    ],
    { initialEntries: [path] },
  );
  renderPage(<RouterProvider router={router} />);
  await pass(1);
  return router;
}

async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 1) {
    await act(() => vi.advanceTimersByTimeAsync(1000));
  }
}

it.each([
  ["answers 503", () => Promise.resolve(Response.json({ code: "unavailable" }, { status: 503 }))],
  ["can't be reached", () => Promise.reject(new TypeError())],
  ["never answers", () => new Promise<Response>(() => undefined)],
])("waits, without a login, where the server %s, and heals by itself", async (_, answer) => {
  me = answer;
  await open("/");
  await pass(15);
  expect(screen.getByText("O servidor não responde. Estamos a tentar de novo.")).toBeTruthy();
  expect(screen.queryByRole("textbox")).toBeNull();

  me = () => Promise.resolve(Response.json(TERESA));
  await pass(16);
  expect(screen.getByText("o dia")).toBeTruthy();

  me = answer;
  await pass(61);
  expect(screen.getByText("o dia")).toBeTruthy();
});

it("asks nobody but nobody to log in", async () => {
  me = () => Promise.resolve(Response.json({ code: "not_authenticated" }, { status: 401 }));
  await open("/");

  expect(screen.getByRole("heading", { level: 1 }).textContent).not.toBe("");
  expect(screen.getAllByRole("textbox").length).toBeGreaterThan(0);
});

it("says that an address leads nowhere, inside what stands around every page", async () => {
  me = () => Promise.resolve(Response.json(TERESA));
  await open("/nada/disto");

  expect(screen.getByRole("heading", { name: "Página não encontrada" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Ir para o dia de hoje" })).toBeTruthy();
  expect(screen.getByRole("navigation")).toBeTruthy();
});

const LATE = "Esta página ainda não chegou. A ligação pode estar lenta ou ter caído.";

it("says within 8 s that a page's parts don't come, beside the page that is there", async () => {
  me = () => Promise.resolve(Response.json(TERESA));
  const router = await open("/");
  act(() => void router.navigate("/dinheiro"));
  await pass(7);
  expect(screen.queryByText(LATE)).toBeNull();
  await pass(1);

  expect(screen.getByRole("alert").textContent).toContain(LATE);
  expect(screen.getByText("o dia")).toBeTruthy();
  act(() => screen.getByRole("button", { name: "Tentar de novo" }).click());
  await pass(8);
  expect(screen.getByText(/^Sem ligação ao servidor/)).toBeTruthy();

  await act(() => router.navigate("/"));
  expect(screen.queryByText(LATE)).toBeNull();
});

it("says within 8 s that the first page's parts don't come", async () => {
  me = () => Promise.resolve(Response.json(TERESA));
  await open("/dinheiro");
  await pass(7);

  expect(screen.getByRole("alert").textContent).toContain(LATE);
});

it("tells the manager on every page, within a minute, how much needs a person", async () => {
  me = () => Promise.resolve(Response.json(MARTA));
  [open_issues, stuck_work] = [0, 0];
  await open("/");
  const money = screen.getByRole("link", { name: /^Dinheiro/ });
  expect(money.textContent).toBe("Dinheiro");

  [open_issues, stuck_work] = [1, 2];
  await pass(60);
  expect(screen.getByRole("link", { name: "Dinheiro 3 assuntos por resolver" })).toBe(money);

  [open_issues, stuck_work] = [0, 0];
  await pass(60);
  expect(money.textContent).toBe("Dinheiro");
});

it("tells nobody else of the money", async () => {
  me = () => Promise.resolve(Response.json(TERESA));
  [open_issues, stuck_work] = [1, 2];
  await open("/");

  expect(screen.getByRole("navigation").textContent).not.toContain("3");
});
