import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { startI18n } from "@/lib/i18n";
import { en } from "@/locales/en/kiosk";
import { pt } from "@/locales/pt/kiosk";
import { CameraStep } from "./CameraStep";

const PICTURE = new Blob(["jpeg"], { type: "image/jpeg" });
const never = () => new Promise<never>(() => undefined);

class Track {
  isStopped = false;
  onended: (() => void) | null = null;
  stop() {
    this.isStopped = true;
  }
}

/** A camera and a browser that work; each test takes one of their answers away. */
function works() {
  const track = new Track();
  const stream = { getTracks: () => [track] } as unknown as MediaStream;
  const camera = {
    track,
    stream,
    open: vi.fn((): Promise<MediaStream> => Promise.resolve(stream)),
    play: vi.fn((): Promise<void> => Promise.resolve()),
    width: 640,
    blob: vi.fn((done: BlobCallback) => done(PICTURE)),
  };
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => camera.open() } });
  const video = HTMLVideoElement.prototype;
  vi.spyOn(video, "play").mockImplementation(() => camera.play());
  Object.defineProperties(video, {
    videoWidth: { get: () => camera.width, configurable: true },
    videoHeight: { get: () => camera.width * 0.75, configurable: true },
    srcObject: { value: null, writable: true, configurable: true },
  });
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done) => camera.blob(done));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  return camera;
}

function findsFaces(detect: () => Promise<unknown>) {
  vi.stubGlobal(
    "FaceDetector",
    class {
      detect = detect;
    },
  );
}

beforeAll(() => startI18n({ kiosk: { pt, en } }));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open() {
  const told: (Blob | "failed")[] = [];
  render(<CameraStep onPicture={(blob) => told.push(blob)} onFailed={() => told.push("failed")} />);
  return told;
}

/** In small steps: within one, nothing is drawn. */
async function wait(ms: number) {
  for (let left = ms; left > 0; left -= 100) {
    await act(() => vi.advanceTimersByTimeAsync(Math.min(100, left)));
  }
}

it("takes one picture, five seconds after the first at the latest", async () => {
  works();
  const told = open();

  await wait(5200);
  expect(told).toEqual([PICTURE]);

  await wait(20_000);
  expect(told).toEqual([PICTURE]);
});

it.each([
  ["the camera is never opened", { open: never }],
  ["the picture never plays", { play: never }],
  ["what plays never has a picture", { width: 0 }],
])("gives up after eight seconds where %s", async (_, fault) => {
  const camera = Object.assign(works(), fault);
  const told = open();

  await wait(7_900);
  expect(told).toEqual([]);
  await wait(200);

  expect(told).toEqual(["failed"]);
  expect(camera.track.isStopped).toBe(!("open" in fault));
});

it("switches a camera off that opens too late", async () => {
  const camera = works();
  let openLate: (stream: MediaStream) => void = () => undefined;
  camera.open = vi.fn(() => new Promise<MediaStream>((resolve) => (openLate = resolve)));
  const told = open();
  await wait(8_000);
  expect(told).toEqual(["failed"]);

  openLate(camera.stream);
  await wait(1);

  expect(camera.track.isStopped).toBe(true);
  expect(camera.play).not.toHaveBeenCalled();
});

it("takes a picture all the same where faces are never found", async () => {
  works();
  findsFaces(never);
  const told = open();

  await wait(7_900);

  expect(told).toEqual([PICTURE]);
});

it("fails within eight seconds of the first picture where none is ever encoded", async () => {
  Object.assign(works(), { blob: () => undefined });
  const told = open();

  await wait(8_100);

  expect(told).toEqual(["failed"]);
});

it("hands no picture on for somebody who has left meanwhile", async () => {
  const camera = works();
  let encode: BlobCallback = () => undefined;
  camera.blob = vi.fn((done: BlobCallback) => void (encode = done));
  const told = open();
  await wait(5_200);
  cleanup();

  encode(PICTURE);
  await wait(10_000);

  expect(told).toEqual([]);
  expect(camera.track.isStopped).toBe(true);
});
