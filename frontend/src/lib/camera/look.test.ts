import { afterEach, expect, it, vi } from "vitest";
import { faceFinder, type FoundFace } from "./faces";
import { hintFor, lookAt, type Look } from "./look";

const SIDE = 96;

/** A square picture whose grey is given by column and row. */
function picture(grey: (column: number, row: number) => number): Look {
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let at = 0; at < SIDE * SIDE; at += 1) {
    pixels.fill(grey(at % SIDE, Math.floor(at / SIDE)), at * 4, at * 4 + 3);
  }
  return lookAt(pixels);
}

const sharp = picture((column, row) => (column % 16 < 8 === row % 16 < 8 ? 90 : 150));
const soft = picture((column) => 120 + 60 * Math.sin((column / SIDE) * Math.PI * 2));

it("measures light and sharpness", () => {
  const flat = picture(() => 200);
  expect(flat.brightness).toBeCloseTo(200, 3);
  expect(flat.sharpness).toBeCloseTo(0, 3);
  expect(sharp.sharpness).toBeGreaterThan(0.1);
  expect(soft.sharpness).toBeLessThan(0.02);
});

function face(width: number, turn = 0): FoundFace {
  return { width, turn };
}

it.each([
  ["dark", picture(() => 44), null, null],
  ["bright", picture(() => 216), null, null],
  ["still", sharp, picture(() => 60), null],
  ["blurred", soft, soft, null],
  ["look", sharp, sharp, null],
  ["look", sharp, null, [face(0.4), face(0.19, 0.5)]],
  ["several", sharp, sharp, [face(0.2), face(0.4)]],
  ["far", sharp, sharp, [face(0.19, 0.5)]],
  ["turned", sharp, null, [face(0.19), face(0.4, 0.36)]],
  ["look", sharp, sharp, [face(0.4, 0.35)]],
  ["nobody", sharp, sharp, []],
] as const)("says %s", (hint, now, before, faces) => {
  expect(hintFor(now, before, faces)).toBe(hint);
});

const video = { videoWidth: 640, videoHeight: 480 } as HTMLVideoElement;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("knows of faces only where the browser can tell", async () => {
  expect(await faceFinder()(video)).toBeNull();

  finds([{ boundingBox: { width: 240 } }, { boundingBox: { width: 120 }, landmarks: null }]);
  expect(await faceFinder()(video)).toEqual([face(0.5), face(0.25)]);
});

const eyes = [
  { type: "eye", locations: [{ x: 60, y: 40 }] },
  {
    type: "eye",
    locations: [
      { x: 10, y: 35 },
      { x: 30, y: 45 },
    ],
  },
];

it.each([
  ["eyes and nose ahead", 0, [...eyes, { type: "nose", locations: [{ x: 40, y: 70 }] }]],
  ["a nose to one side", 0.375, [...eyes, { type: "nose", locations: [{ x: 55, y: 70 }] }]],
  ["a nose to the other", 0.375, [...eyes, { type: "nose", locations: [{ x: 25, y: 70 }] }]],
  ["no nose", 0, eyes],
  ["an empty nose", 0, [...eyes, { type: "nose", locations: [] }]],
  ["one eye", 0, [...eyes.slice(1), { type: "nose", locations: [{ x: 55, y: 70 }] }]],
])("measures how far aside a face looks: %s", async (_, turn, landmarks) => {
  finds([{ boundingBox: { width: 240 }, landmarks }]);

  expect(await faceFinder()(video)).toEqual([face(0.5, turn)]);
});

function finds(faces: unknown[]): void {
  vi.stubGlobal(
    "FaceDetector",
    class {
      detect = () => Promise.resolve(faces);
    },
  );
}

it.each([
  ["failed", () => Promise.reject(new Error("face detection service unavailable"))],
  ["never answered", () => new Promise<never>(() => undefined)],
])("asks a browser no second time that promised and %s", async (_, answer) => {
  vi.useFakeTimers();
  const detect = vi.fn(answer);
  vi.stubGlobal(
    "FaceDetector",
    class {
      detect = detect;
    },
  );
  const find = faceFinder();

  const first = find(video);
  await vi.advanceTimersByTimeAsync(2_000);

  expect([await first, await find(video)]).toEqual([null, null]);
  expect(detect).toHaveBeenCalledTimes(1);
});
