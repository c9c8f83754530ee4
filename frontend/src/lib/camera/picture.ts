import { within } from "../deadline";

/** Pictures are made smaller before they leave: faster on a phone, and place and camera data stay here. */

const LONGEST_SIDE = 1600;
const QUALITY = 0.92;
/** Of a picture that is there already; the slowest phone needs less than one. */
const BLOB_MS = 3000;

/** A picture as a JPEG of at most 1600 pixels; null where the browser makes none. */
export async function toJpeg(
  source: CanvasImageSource,
  width: number,
  height: number,
): Promise<Blob | null> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  const made = new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return within(BLOB_MS, made).catch(() => null);
}

/** The picture that the camera shows now. */
export function takePicture(video: HTMLVideoElement): Promise<Blob | null> {
  return toJpeg(video, video.videoWidth, video.videoHeight);
}
