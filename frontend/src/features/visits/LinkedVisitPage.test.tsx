import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LinkedVisit } from "@/lib/api/types";
import { setLanguage } from "@/lib/language";
import { renderPage } from "@/test/render";
import { LinkedVisitPage } from "./LinkedVisitPage";

const NOON = "2026-11-24T12:00:00Z";

function visit(changes: Partial<LinkedVisit> = {}): LinkedVisit {
  return {
    server_time: NOON,
    start: "2026-11-24T12:15:00Z",
    practitioner: "Inês Sousa",
    language: "pt",
    status: "arrived",
    is_missed: false,
    check_in_code: null,
    ticket: "A014",
    label: "Sofia M.",
    room: "3",
    position: 3,
    wait: { low_minutes: 10, high_minutes: 20, estimate_minutes: 14 },
    call_number: 0,
    called_at: null,
    ...changes,
  };
}

const booked: Partial<LinkedVisit> = {
  status: "booked",
  check_in_code: "K7M2QX",
  ticket: "",
  label: "",
  room: null,
  position: null,
  wait: null,
};
const called = (call_number: number): Partial<LinkedVisit> => ({
  status: "called",
  call_number,
  called_at: new Date().toISOString(),
  position: null,
  wait: null,
});

/** The server: what it holds, or how it fails. Each test follows a visit of its own. */
class Server {
  static made = 0;
  readonly token = `a-token-${(Server.made += 1)}`;
  asked: (string | null)[] = [];
  now: LinkedVisit | number | "down" | "silent";

  constructor(first: LinkedVisit | number | "down") {
    this.now = first;
    vi.stubGlobal("fetch", (request: Request) => this.answer(request));
  }

  private answer(request: Request): Promise<Response> {
    expect(new URL(request.url).pathname).toBe(`/api/visits/${this.token}`);
    const held = request.headers.get("If-None-Match");
    this.asked.push(held);
    const { now } = this;
    if (now === "down") return Promise.reject(new TypeError("no network"));
    if (now === "silent") return new Promise(() => undefined);
    if (typeof now === "number") {
      const code = now === 410 ? "link_over" : "link_invalid";
      return Promise.resolve(Response.json({ code }, { status: now }));
    }
    const etag = `"${now.status} ${now.call_number} ${now.position ?? ""}"`;
    const headers = { ETag: etag };
    return Promise.resolve(
      held === etag
        ? new Response(null, { status: 304, headers })
        : Response.json(now, { headers }),
    );
  }
}

const pass = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1000));

let vibrate: ReturnType<typeof vi.fn>;

async function open(server: Server) {
  renderPage(<LinkedVisitPage token={server.token} address="Rua das Flores 12" />);
  await pass(0.1);
}

async function turn(visibility: "visible" | "hidden") {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(visibility);
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  await pass(0.1);
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOON) });
  vibrate = vi.fn(() => true);
  Object.defineProperty(navigator, "vibrate", { value: vibrate, configurable: true });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
  setLanguage("pt", { remember: false });
});

it("reads every five seconds while waiting, and only what is new", async () => {
  const server = new Server(visit());
  await open(server);
  expect(screen.getByText("10–20 min")).toBeTruthy();
  expect(screen.getByText("2 pessoas antes")).toBeTruthy();
  const [first] = server.asked;
  expect(first).toBeNull();

  await pass(10);
  expect(server.asked).toHaveLength(3);
  expect(server.asked[1]).toContain("arrived");

  server.now = visit({ position: 1, wait: null });
  await pass(5);
  expect(screen.getByText("É o próximo")).toBeTruthy();
  expect(document.title).not.toContain(server.token);
});

it("reads once a minute on another day, and every five seconds on its own", async () => {
  vi.setSystemTime("2026-11-23T23:58:00Z");
  const server = new Server(visit({ ...booked, start: "2026-11-24T17:00:00Z" }));
  await open(server);
  expect(screen.getByText("K7M2QX")).toBeTruthy();
  expect(screen.getByText("Rua das Flores 12")).toBeTruthy();

  await pass(119);
  expect(server.asked).toHaveLength(2);
  await pass(61);
  const before = server.asked.length;
  await pass(30);
  expect(server.asked.length - before).toBe(6);
});

it("rests while hidden, and reads at once when it is seen again", async () => {
  const server = new Server(visit());
  await open(server);

  await turn("hidden");
  await pass(600);
  expect(server.asked).toHaveLength(1);

  server.now = visit(called(1));
  await turn("visible");
  expect(server.asked).toHaveLength(2);
  expect(screen.getByRole("heading", { name: "É a sua vez" })).toBeTruthy();
});

it("keeps what it has when the connection is lost, says how old that is, and when it is back", async () => {
  const server = new Server(visit());
  await open(server);

  vi.setSystemTime(new Date("2026-11-24T12:42:00Z"));
  await pass(5);
  server.now = "down";
  await pass(300);
  expect(screen.getByText("Sem ligação; dados das 12:42. Estamos a tentar de novo.")).toBeTruthy();
  expect(screen.getByText("10–20 min")).toBeTruthy();

  server.now = visit({ position: 1 });
  await pass(5);
  expect(screen.queryByText(/Sem ligação/)).toBeNull();
  expect(screen.getByText("Ligação recuperada.")).toBeTruthy();
  await pass(7);
  expect(screen.queryByText("Ligação recuperada.")).toBeNull();
});

it("says that it is old while no answer comes", async () => {
  const server = new Server(visit());
  await open(server);
  server.now = "silent";

  await pass(8);
  expect(screen.getByText("A atualizar; dados das 12:00.")).toBeTruthy();
});

it("calls the patient out once for each call, and not for one that is over", async () => {
  const server = new Server(visit());
  await open(server);
  expect(vibrate).not.toHaveBeenCalled();

  server.now = visit(called(1));
  await pass(5);
  expect(screen.getByText("Sofia M. · A014")).toBeTruthy();
  expect(document.title).toBe("É a sua vez — Gabinete 3 · Vez");
  await pass(20);
  expect(vibrate).toHaveBeenCalledTimes(1);

  server.now = visit(called(2));
  await pass(5);
  expect(screen.getByText("2.ª chamada")).toBeTruthy();
  expect(vibrate).toHaveBeenCalledTimes(2);

  server.now = visit({ ...called(2), status: "in_progress" });
  await pass(5);
  expect(screen.getByText("Estamos consigo no Gabinete 3.")).toBeTruthy();
  expect(vibrate).toHaveBeenCalledTimes(2);
});

it("shows no turn of yesterday, also where nobody can say that the day is over", async () => {
  vi.setSystemTime(new Date("2026-11-24T23:59:00Z"));
  const server = new Server(visit({ ...called(1), start: "2026-11-24T23:30:00Z" }));
  await open(server);
  expect(screen.getByRole("heading", { name: "É a sua vez" })).toBeTruthy();

  server.now = "down";
  await pass(65);
  expect(screen.queryByText("É a sua vez")).toBeNull();
  expect(screen.getByRole("heading", { name: "O dia desta consulta já passou" })).toBeTruthy();
});

it("a phone that wakes on the next day shows nothing of the day before", async () => {
  const server = new Server(visit());
  await open(server);
  await turn("hidden");
  server.now = "silent";
  vi.setSystemTime(new Date("2026-11-25T09:00:00Z"));

  await turn("visible");
  expect(screen.queryByText("10–20 min")).toBeNull();
  expect(screen.getByRole("heading", { name: "O dia desta consulta já passou" })).toBeTruthy();
});

it.each([
  [404, "Ligação não encontrada"],
  [410, "O dia desta consulta já passou"],
])("says what a dead link is (%i), where to go on, and asks no more", async (status, title) => {
  const server = new Server(status);
  await open(server);
  expect(screen.getByRole("heading", { name: title })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Marcar consulta" }).getAttribute("href")).toBe("/");

  await pass(300);
  expect(server.asked).toHaveLength(1);
});

it.each([
  ["cancelled", "Consulta cancelada"],
  ["fulfilled", "Consulta concluída"],
  ["no_show", "Não o encontrámos"],
] as const)("tells how it ended: %s", async (status, title) => {
  await open(new Server(visit({ ...booked, check_in_code: null, status })));

  expect(screen.getByRole("heading", { name: title })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Ver as minhas consultas" })).toBeTruthy();
});

it("comes up by itself when the first reading failed", async () => {
  const server = new Server("down");
  await open(server);
  expect(screen.getByText("Não conseguimos mostrar isto agora")).toBeTruthy();

  server.now = visit();
  await pass(5);
  expect(screen.getByText("10–20 min")).toBeTruthy();
});

it("speaks the patient's language, unless this browser has chosen another", async () => {
  await open(new Server(visit({ language: "en" })));
  expect(screen.getByRole("heading", { name: "We know you are here" })).toBeTruthy();
});

it("keeps the language that this browser has chosen", async () => {
  setLanguage("pt");
  await open(new Server(visit({ language: "en" })));
  expect(screen.getByRole("heading", { name: "Já sabemos que chegou" })).toBeTruthy();
});

it("has no connection as soon as the phone says so, before a reading fails", async () => {
  await open(new Server(visit()));
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  act(() => void window.dispatchEvent(new Event("offline")));

  expect(screen.getByText(/^Sem ligação; dados das 12:00/)).toBeTruthy();
});

it("sends whoever missed their time to the desk, and shows no code for the kiosk", async () => {
  await open(new Server(visit({ ...booked, check_in_code: null, is_missed: true })));

  expect(screen.getByRole("heading", { name: "A hora já passou" })).toBeTruthy();
  expect(screen.getByText(/fale com a receção/)).toBeTruthy();
  expect(screen.queryByText(/Quando chegar à clínica/)).toBeNull();
});
