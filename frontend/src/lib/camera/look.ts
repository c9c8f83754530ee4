import type { FoundFace } from "./faces";

/**
 * What can be told of a picture before it is sent. The clinic judges every picture by itself: a hint
 * only saves somebody the way there and back.
 */

const LOOK_SIDE = 96;
/** Of the picture's shorter side: where a face is that fills the oval. */
const MIDDLE = 0.5;
const DARK = 45;
const BRIGHT = 215;
const MOVED = 18;
/** Sharp photos of faces score 0.10 to 0.21; of those below this the clinic refuses nearly all. */
const MIN_SHARPNESS = 0.02;
/** Of the picture's shorter side. */
const FAR = 0.2;
/** From where on the clinic's own engine refuses a face as turned aside. */
const TURNED = 0.35;
/** A face this much smaller than the largest stands in the background. */
const BYSTANDER_SHARE = 0.5;

export type Hint =
  "dark" | "bright" | "several" | "nobody" | "far" | "turned" | "still" | "blurred" | "look";

export interface Look {
  /** Grey values of the middle of the picture, row by row. */
  grey: Float32Array;
  brightness: number;
  /** The Laplacian's variance over the picture's own, so that dim light isn't taken for blur. */
  sharpness: number;
}

export function look(video: HTMLVideoElement): Look {
  const side = Math.min(video.videoWidth, video.videoHeight) * MIDDLE;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = LOOK_SIDE;
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  paper?.drawImage(
    video,
    (video.videoWidth - side) / 2,
    (video.videoHeight - side) / 2,
    side,
    side,
    0,
    0,
    LOOK_SIDE,
    LOOK_SIDE,
  );
  return lookAt(paper?.getImageData(0, 0, LOOK_SIDE, LOOK_SIDE).data ?? []);
}

/** Judges a square of red, green, blue and opacity values. */
export function lookAt(pixels: ArrayLike<number>): Look {
  const grey = new Float32Array(pixels.length / 4);
  for (let at = 0; at < grey.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = [pixels[at * 4], pixels[at * 4 + 1], pixels[at * 4 + 2]];
    grey[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  const { mean, variance } = spread(grey);
  return {
    grey,
    brightness: mean,
    sharpness: spread(laplacian(grey)).variance / Math.max(variance, 1),
  };
}

/** What would make the next picture better. `faces` are those in it, where the browser can tell. */
export function hintFor(now: Look, before: Look | null, faces: readonly FoundFace[] | null): Hint {
  if (now.brightness < DARK) return "dark";
  if (now.brightness > BRIGHT) return "bright";
  if (faces) {
    const [nearest, next] = [...faces].sort((one, other) => other.width - one.width);
    if (!nearest) return "nobody";
    if (next && next.width >= nearest.width * BYSTANDER_SHARE) return "several";
    if (nearest.width < FAR) return "far";
    if (nearest.turn > TURNED) return "turned";
  }
  if (before && change(now.grey, before.grey) > MOVED) return "still";
  return now.sharpness < MIN_SHARPNESS ? "blurred" : "look";
}

function laplacian(grey: Float32Array): Float32Array {
  const side = Math.sqrt(grey.length);
  const inner = Math.max(0, side - 2);
  const found = new Float32Array(inner * inner);
  for (let row = 0; row < inner; row += 1) {
    for (let column = 0; column < inner; column += 1) {
      const at = (row + 1) * side + column + 1;
      const around = [grey[at - side], grey[at + side], grey[at - 1], grey[at + 1]];
      found[row * inner + column] =
        around.reduce<number>((sum, value = 0) => sum + value, 0) - 4 * (grey[at] ?? 0);
    }
  }
  return found;
}

function spread(values: Float32Array): { mean: number; variance: number } {
  const count = Math.max(values.length, 1);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, variance };
}

function change(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0));
  return sum / Math.max(one.length, 1);
}
