import { act } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Film } from "@/features/check-in/video";
import { load } from "./main";
import { given } from "./standIn";

const FILM: Film = {
  session: {
    session_id: "11111111-1111-4111-8111-111111111111",
    region: "eu-west-1",
    credentials: {
      access_key_id: "ASIAEXAMPLE",
      secret_access_key: "secret",
      session_token: "token",
      expires_at: "2026-11-24T10:45:00Z",
    },
  },
  language: "pt",
  onStreamed: vi.fn(),
  onCancelled: vi.fn(),
  onFailed: vi.fn(),
};

let place: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  given.length = 0;
  place = document.body.appendChild(document.createElement("div"));
});

afterEach(() => {
  place.remove();
  vi.unstubAllGlobals();
});

async function show(film: Film) {
  const { openScreen } = await load();
  const screen = openScreen(place);
  act(() => screen.show(film));
  return screen;
}

it("gives Amazon's screen the session and the key to stream with", async () => {
  await show(FILM);

  const [{ sessionId, region, config } = {}] = given;
  expect({ sessionId, region }).toEqual({
    sessionId: FILM.session.session_id,
    region: "eu-west-1",
  });
  expect(await config?.credentialProvider()).toEqual({
    accessKeyId: "ASIAEXAMPLE",
    secretAccessKey: "secret",
    sessionToken: "token",
    expiration: new Date(Date.UTC(2026, 10, 24, 10, 45)),
  });
});

it("tells how the film ends", async () => {
  await show(FILM);
  const told = () =>
    [FILM.onStreamed, FILM.onCancelled, FILM.onFailed].map(
      (tell) => vi.mocked(tell).mock.calls.length,
    );

  await given[0]?.onAnalysisComplete();
  expect(told()).toEqual([1, 0, 0]);
  given[0]?.onUserCancel();
  expect(told()).toEqual([1, 1, 0]);
  given[0]?.onError();
  expect(told()).toEqual([1, 1, 1]);
});

it("speaks the kiosk's language, also when it changes", async () => {
  const screen = await show(FILM);
  expect(place.textContent).toBe("Começar o vídeo");

  act(() => screen.show({ ...FILM, language: "en" }));

  expect(place.textContent).toBe("Start the video");
});

it("leaves nothing behind", async () => {
  const screen = await show(FILM);

  act(() => screen.close());

  expect(place.innerHTML).toBe("");
});

it("fails the film when Amazon's screen breaks", async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
  const onFailed = vi.fn();
  const { openScreen } = await load();

  openScreen(place).show({ ...FILM, session: { ...FILM.session, session_id: "" }, onFailed });

  await vi.waitFor(() => expect(onFailed).toHaveBeenCalledTimes(1));
  expect(place.innerHTML).toBe("");
});
