import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reloadIfServed } from "./version";

const OURS =
  '<script type="module" src="/assets/display/a-1.js"></script><link rel="stylesheet" href="/assets/a.css"><div id="root"></div>';
const page =
  (text: string, status = 200) =>
  () =>
    Promise.resolve(new Response(text, { status }));
const never = () => new Promise<Response>(() => undefined);

let reload: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  vi.useFakeTimers();
  reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function serve(here: () => Promise<Response>, parts: () => Promise<Response> = page("")) {
  vi.stubGlobal("fetch", (url: string) => (url.startsWith("/assets/") ? parts() : here()));
}

it.each([
  ["is an error", page("502 Bad Gateway", 502), page("")],
  ["is somebody else's", page("<h1>Wartung</h1>"), page("")],
  ["never comes", never, page("")],
  ["can't be asked for", () => Promise.reject(new TypeError()), page("")],
  ["comes without its parts", page(OURS), page("", 502)],
  ["comes and its parts never do", page(OURS), never],
])("stays as it is where the page %s", async (_, here, parts) => {
  serve(here, parts);
  const done = reloadIfServed();
  await vi.advanceTimersByTimeAsync(8_000);

  expect(await done).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});

it("loads the page anew once it is handed out whole", async () => {
  serve(page(OURS));

  expect(await reloadIfServed()).toBe(true);
  expect(reload).toHaveBeenCalledOnce();
});

it("goes to another page of ours once that is handed out whole", async () => {
  const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
  serve(page(OURS));

  expect(await reloadIfServed("/staff/dinheiro")).toBe(true);
  expect(assign).toHaveBeenCalledExactlyOnceWith("/staff/dinheiro");
  expect(reload).not.toHaveBeenCalled();
});
