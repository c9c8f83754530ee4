import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { serverClock } from "@/lib/clock";
import { renderPage } from "@/test/render";
import { Saft } from "./Documents";

const BYTES = new Uint8Array([0xef, 0xbb, 0xbf, 0x44, 0x61, 0x74, 0x61]);

let asked: string[] = [];
let saved: { name: string; file: Blob }[] = [];
let files: () => Response = () => new Response();
let isRenewable = true;

beforeEach(() => {
  asked = [];
  saved = [];
  isRenewable = true;
  vi.spyOn(serverClock, "now").mockReturnValue(Date.parse("2028-02-10T12:00:00Z"));
  let isLoggedIn = false;
  vi.stubGlobal("fetch", (request: Request) => {
    const { pathname, search } = new URL(request.url);
    asked.push(pathname + search);
    if (pathname === "/api/auth/csrf") return Promise.resolve(Response.json({ csrf_token: "t" }));
    if (pathname === "/api/auth/refresh") {
      isLoggedIn = isRenewable;
      return Promise.resolve(new Response(null, { status: isRenewable ? 204 : 401 }));
    }
    return Promise.resolve(
      isLoggedIn ? files() : Response.json({ code: "not_authenticated" }, { status: 401 }),
    );
  });
  let made: Blob | null = null;
  vi.spyOn(URL, "createObjectURL").mockImplementation((file) => {
    made = file as Blob;
    return "blob:made";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    if (made) saved.push({ name: this.download, file: made });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function answer(name: string) {
  return new Response(BYTES, {
    headers: { "Content-Disposition": `attachment; filename="${name}"` },
  });
}

it.each([
  ["Descarregar SAF-T", "/api/staff/money/saft?year=2028&month=2", "saft-2028-02.xml"],
  [
    "Descarregar movimentos (CSV)",
    "/api/staff/money/statement?from=2028-02-01&to=2028-02-29",
    "movimentos-2028-02-01-2028-02-29.csv",
  ],
])("%s renews a session that ran out and saves every byte", async (button, path, name) => {
  files = () => answer(name);
  renderPage(<Saft />);
  fireEvent.click(screen.getByRole("button", { name: button }));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(asked.filter((one) => one === path)).toHaveLength(2);
  expect(saved[0]?.name).toBe(name);
  expect(new Uint8Array((await saved[0]?.file.arrayBuffer()) ?? [])).toEqual(BYTES);
});

it("says why there is no file, and saves none", async () => {
  files = () => Response.json({ code: "not_available" }, { status: 503 });
  renderPage(<Saft />);
  fireEvent.click(screen.getByRole("button", { name: "Descarregar SAF-T" }));
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(saved).toEqual([]);
});

it("saves nothing when the session is over", async () => {
  isRenewable = false;
  renderPage(<Saft />);
  fireEvent.click(screen.getByRole("button", { name: "Descarregar movimentos (CSV)" }));
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(saved).toEqual([]);
});
