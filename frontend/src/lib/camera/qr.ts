import { ANSWER_MS, within } from "../deadline";

/** Of the Shape Detection API only what is used here; most browsers don't have it. */
interface QrDetector {
  detect(image: HTMLVideoElement): Promise<readonly { rawValue: string }[]>;
}

interface QrDetectorClass {
  new (options: { formats: ["qr_code"] }): QrDetector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** What the browser itself can do is known and done at once, or not at all. */
const LOOK_MS = 2000;

declare global {
  interface Window {
    BarcodeDetector?: QrDetectorClass;
  }
}

async function browsersOwn(): Promise<QrDetector | null> {
  const Detector = window.BarcodeDetector;
  const formats = (await Detector?.getSupportedFormats()) ?? [];
  return Detector && formats.includes("qr_code") ? new Detector({ formats: ["qr_code"] }) : null;
}

async function ours(): Promise<QrDetector> {
  const { BarcodeDetector } = await within(ANSWER_MS, import("qr/decode.js"));
  return new BarcodeDetector({ formats: ["qr_code"] });
}

/**
 * Finds what the QR codes in a picture say. The picture stays in the browser, which looks by itself
 * where it can; elsewhere our own reader does. Rejects when that can't be loaded in time either.
 */
export function qrFinder(): (video: HTMLVideoElement) => Promise<readonly string[]> {
  let detector = within(LOOK_MS, browsersOwn()).then((found) => found ?? ours(), ours);
  return async (video) => {
    const reader = await detector;
    try {
      return (await within(LOOK_MS, reader.detect(video))).map(({ rawValue }) => rawValue);
    } catch {
      // Some systems offer the interface without what stands behind it.
      detector = ours();
      return [];
    }
  };
}
