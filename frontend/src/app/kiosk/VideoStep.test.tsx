import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, expect, it, vi, type Mock } from "vitest";
import type { Event } from "@/features/check-in/machine";
import { isVideoAsked, type Film, type VideoPart } from "@/features/check-in/video";
import { startI18n } from "@/lib/i18n";
import { setLanguage } from "@/lib/language";
import type { LivenessSession } from "@/lib/api/types";
import { en } from "@/locales/en/kiosk";
import { pt } from "@/locales/pt/kiosk";
import { VideoStep } from "./VideoStep";

const SESSION: LivenessSession = {
  session_id: "11111111-1111-4111-8111-111111111111",
  region: "eu-west-1",
  credentials: {
    access_key_id: "ASIAEXAMPLE",
    secret_access_key: "secret",
    session_token: "token",
    expires_at: "2026-11-24T10:45:00Z",
  },
};

/** Amazon's part needs a camera, WebGL and Amazon; here only what it is given and what it tells. */
const PART: VideoPart = {
  openScreen(within) {
    const opened = { show: (film: Film) => within.replaceChildren(...parts(film)), close: vi.fn() };
    screens.push(opened);
    return opened;
  },
};
const ENTRY =
  "data:text/javascript,export const load = () => Promise.resolve(globalThis.videoPart)";

function parts({ session, language, onStreamed, onCancelled, onFailed }: Film): HTMLElement[] {
  const film = document.createElement("video");
  film.dataset.testid = "film";
  const given = document.createElement("p");
  given.textContent = `${session.session_id} ${session.region} ${language}`;
  return [
    film,
    given,
    ...Object.entries({ streamed: onStreamed, cancelled: onCancelled, failed: onFailed }).map(
      ([name, tell]) => {
        const button = document.createElement("button");
        button.textContent = name;
        button.onclick = tell;
        return button;
      },
    ),
  ];
}

const FAILED = { type: "video_failed" };

let asked: string[];
let screens: { close: Mock }[];
let answer: (body: unknown, status?: number) => void;

beforeAll(() => startI18n({ kiosk: { pt, en } }));

beforeEach(() => {
  asked = [];
  screens = [];
  vi.stubGlobal("videoPart", PART);
  vi.stubGlobal("fetch", (request: Request | string) => {
    const { method, url } = typeof request === "string" ? { method: "GET", url: request } : request;
    const path = new URL(url, location.origin).pathname;
    if (path === "/api/auth/csrf") return Promise.resolve(Response.json({ csrf_token: "t" }));
    if (path === "/liveness.json") return Promise.resolve(Response.json({ module: ENTRY }));
    asked.push(`${method} ${path}`);
    return new Promise<Response>((resolve) => {
      answer = (body, status = 200) => resolve(Response.json(body, { status }));
    });
  });
});

afterEach(() => {
  setLanguage("pt", { remember: false });
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function open() {
  const told: (Event | string)[] = [];
  const dispatch = (event: Event) => told.push(event);
  render(<VideoStep onStreamed={(session) => told.push(session)} dispatch={dispatch} />);
  return told;
}

async function begun() {
  const told = open();
  await vi.waitFor(() => expect(asked).toEqual(["POST /api/check-ins/liveness"]));
  answer(SESSION, 201);
  await screen.findByText(`${SESSION.session_id} eu-west-1 pt`);
  return told;
}

it("says what becomes of the video before one is begun", () => {
  open();

  expect(
    screen.getByText(/segue para a Amazon, .* A clínica não guarda nada dele\.$/),
  ).toBeTruthy();
  expect(screen.getByRole("status").textContent).toBe("A preparar o vídeo…");
});

it.each([
  ["streamed", SESSION.session_id],
  ["cancelled", { type: "reset" }],
  ["failed", { type: "video_failed" }],
])("goes on when the video is %s", async (what, expected) => {
  const told = await begun();

  await userEvent.click(screen.getByRole("button", { name: what }));

  expect(told).toEqual([expected]);
});

it.each([
  [409, "liveness_not_set_up"],
  [429, "throttled"],
  [503, "unavailable"],
])("offers the code where no video can be begun (%i)", async (status, code) => {
  const told = open();
  await vi.waitFor(() => expect(asked).toHaveLength(1));

  answer({ status, code, detail: "" }, status);

  await vi.waitFor(() => expect(told).toEqual([{ type: "video_failed" }]));
});

it("offers the code after eight seconds without a session", async () => {
  vi.useFakeTimers();
  const told = open();

  await act(() => vi.advanceTimersByTimeAsync(7_999));
  expect(told).toEqual([]);
  await act(() => vi.advanceTimersByTimeAsync(1));

  expect(told).toEqual([{ type: "video_failed" }]);
});

it.each([
  ["offers the code where the camera shows nothing for eight seconds", 0, [FAILED]],
  ["leaves the video alone once the camera shows something", 1, []],
])("%s", async (_, plays, expected) => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const told = await begun();

  await act(() => Promise.resolve());
  if (plays) screen.getByTestId("film").dispatchEvent(new Event("playing"));
  await act(() => vi.advanceTimersByTimeAsync(8_000));

  expect(told).toEqual(expected);
});

it("speaks the language that is chosen meanwhile", async () => {
  await begun();

  act(() => setLanguage("en", { remember: false }));

  expect(screen.getByText(`${SESSION.session_id} eu-west-1 en`)).toBeTruthy();
  expect(screens).toHaveLength(1);
});

it("takes the screen away with the step", async () => {
  await begun();
  expect(screens.map(({ close }) => close.mock.calls.length)).toEqual([0]);

  cleanup();

  expect(screens.map(({ close }) => close.mock.calls.length)).toEqual([1]);
});

it("keeps the session of one who left from the next", async () => {
  const told = open();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  cleanup();

  answer({ status: 503, code: "unavailable", detail: "" }, 503);
  await new Promise((resolve) => setTimeout(resolve, 20));

  expect(told).toEqual([]);
});

it.each([
  [{ available: true }, 200, true],
  [{ available: false }, 200, false],
  [{ status: 503, code: "unavailable" }, 503, false],
])(
  "asks whether a video is wanted, and takes a photo where that can't be told",
  async (body, status, wanted) => {
    const question = isVideoAsked();
    await vi.waitFor(() => expect(asked).toEqual(["GET /api/check-ins/liveness"]));

    answer(body, status);

    expect(await question).toBe(wanted);
  },
);
