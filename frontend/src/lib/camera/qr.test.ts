import { afterEach, expect, it, vi } from "vitest";
import { qrFinder } from "./qr";

const { ours } = vi.hoisted(() => ({ ours: vi.fn() }));
vi.mock("qr/decode.js", () => ({
  BarcodeDetector: class {
    detect = ours;
  },
}));

const video = document.createElement("video");
const found = (rawValue: string) => () => Promise.resolve([{ rawValue }]);

function browserThatReads(formats: string[], detect: () => Promise<unknown>): void {
  vi.stubGlobal(
    "BarcodeDetector",
    class {
      static getSupportedFormats = () => Promise.resolve(formats);
      detect = detect;
    },
  );
}

const never = () => new Promise<never>(() => undefined);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("lets the browser read where it can, else reads by itself", async () => {
  ours.mockImplementation(found("ours"));
  expect(await qrFinder()(video)).toEqual(["ours"]);

  browserThatReads(["ean_13"], found("the browser's"));
  expect(await qrFinder()(video)).toEqual(["ours"]);

  browserThatReads(["qr_code"], found("the browser's"));
  expect(await qrFinder()(video)).toEqual(["the browser's"]);
});

it("asks a browser no second time that promised and failed", async () => {
  ours.mockImplementation(found("ours"));
  const detect = vi.fn(() => Promise.reject(new Error("barcode detection service unavailable")));
  browserThatReads(["qr_code"], detect);
  const find = qrFinder();

  expect([await find(video), await find(video)]).toEqual([[], ["ours"]]);
  expect(detect).toHaveBeenCalledTimes(1);
});

it.each([
  ["never says what it can read", { getSupportedFormats: never, detect: never }],
  [
    "never finds anything",
    { getSupportedFormats: () => Promise.resolve(["qr_code"]), detect: never },
  ],
])("reads by itself where the browser %s", async (_, { getSupportedFormats, detect }) => {
  vi.useFakeTimers();
  ours.mockImplementation(found("ours"));
  vi.stubGlobal(
    "BarcodeDetector",
    class {
      static getSupportedFormats = getSupportedFormats;
      detect = detect;
    },
  );
  const find = qrFinder();

  const looks = Promise.all([find(video), find(video)]);
  await vi.advanceTimersByTimeAsync(4_000);
  await looks;

  expect(await find(video)).toEqual(["ours"]);
});
