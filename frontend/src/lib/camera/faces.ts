import { within } from "../deadline";

/** Looks that take longer are no help to anybody who stands before the camera. */
const LOOK_MS = 2000;

interface Point {
  x: number;
  y: number;
}

interface DetectedFace {
  boundingBox: DOMRectReadOnly;
  /** Each a point or an outline. Some systems find eyes only, or none. */
  landmarks?: readonly { type: string; locations: readonly Point[] }[] | null;
}

/** Of the Shape Detection API only what is used here; most browsers don't have it. */
interface FaceDetector {
  detect(image: CanvasImageSource): Promise<readonly DetectedFace[]>;
}

export interface FoundFace {
  /** As a share of the picture's shorter side. */
  width: number;
  /** How far the nose stands off the middle between the eyes, over their distance; 0 if unknown. */
  turn: number;
}

declare global {
  interface Window {
    FaceDetector?: new (options: { fastMode: boolean; maxDetectedFaces: number }) => FaceDetector;
  }
}

/**
 * Finds the faces in a picture, which stays in the browser. Null where the browser can't tell, also
 * when it says that it can and then fails or falls silent.
 */
export function faceFinder(): (video: HTMLVideoElement) => Promise<readonly FoundFace[] | null> {
  let detector = window.FaceDetector
    ? new window.FaceDetector({ fastMode: true, maxDetectedFaces: 2 })
    : null;
  return async (video) => {
    if (!detector) return null;
    try {
      const found = await within(LOOK_MS, detector.detect(video));
      const side = Math.min(video.videoWidth, video.videoHeight);
      return found.map(({ boundingBox, landmarks }) => ({
        width: boundingBox.width / side,
        turn: turnOf(landmarks ?? []),
      }));
    } catch {
      // Some systems offer the interface without what stands behind it.
      detector = null;
      return null;
    }
  };
}

function turnOf(landmarks: NonNullable<DetectedFace["landmarks"]>): number {
  const [one, other] = middlesOf("eye");
  const [nose] = middlesOf("nose");
  if (!one || !other || !nose) return 0;
  const line = { x: other.x - one.x, y: other.y - one.y };
  const aside = { x: nose.x - (one.x + other.x) / 2, y: nose.y - (one.y + other.y) / 2 };
  const square = line.x ** 2 + line.y ** 2;
  return square && Math.abs(aside.x * line.x + aside.y * line.y) / square;

  function middlesOf(type: string): Point[] {
    return landmarks
      .filter((mark) => mark.type === type && mark.locations.length > 0)
      .map(({ locations }) => ({
        x: locations.reduce((sum, { x }) => sum + x, 0) / locations.length,
        y: locations.reduce((sum, { y }) => sum + y, 0) / locations.length,
      }));
  }
}
