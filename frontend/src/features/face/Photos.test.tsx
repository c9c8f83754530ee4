import { act, cleanup, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { renderPage } from "@/test/render";
import { Photos } from "./Photos";
import { shrinkFile } from "./photos";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const wait = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

it("says to choose files where the camera doesn't answer for eight seconds", async () => {
  vi.stubGlobal("navigator", {
    mediaDevices: { getUserMedia: () => new Promise(() => undefined) },
  });
  const change = vi.fn();
  renderPage(<Photos photos={[]} faults={new Map()} onChange={change} max={5} />);
  act(() => screen.getByRole("button", { name: "Tirar com a câmara" }).click());
  expect(screen.getByText("A ligar a câmara…")).toBeTruthy();

  await wait(8_000);

  expect(
    screen.getByText(/^A câmara não respondeu\. .*ou escolha fotografias que já tem\.$/),
  ).toBeTruthy();
  expect(screen.getByRole("button", { name: "Escolher ficheiros" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Tirar com a câmara" })).toBeTruthy();
  expect(change).not.toHaveBeenCalled();
});

it("counts a file that is not decoded within eight seconds as none, and lets go of it", async () => {
  let decode: (bitmap: ImageBitmap) => void = () => undefined;
  vi.stubGlobal("createImageBitmap", () => new Promise((resolve) => (decode = resolve)));
  const opened = vi.fn<(photo: Blob | null) => void>();
  void shrinkFile(new Blob(["?"])).then(opened);

  await wait(7_999);
  expect(opened).not.toHaveBeenCalled();
  await wait(1);
  expect(opened).toHaveBeenCalledExactlyOnceWith(null);

  const close = vi.fn();
  decode({ width: 1, height: 1, close });
  await wait(0);
  expect(close).toHaveBeenCalledOnce();
});
