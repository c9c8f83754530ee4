/** Photos are made smaller before they leave: faster on a phone, and place and camera data stay here. */

const LONGEST_SIDE = 1600;
const QUALITY = 0.9;

function toBlob(canvas: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

async function drawn(
  source: CanvasImageSource,
  width: number,
  height: number,
): Promise<Blob | null> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return toBlob(canvas);
}

/** A file as a small JPEG, or null when it is no picture this browser can open. */
export async function shrinkFile(file: Blob): Promise<Blob | null> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const blob = await drawn(bitmap, bitmap.width, bitmap.height);
    bitmap.close();
    return blob;
  } catch {
    return null;
  }
}

/** The picture that the camera shows now. */
export function shoot(video: HTMLVideoElement): Promise<Blob | null> {
  return drawn(video, video.videoWidth, video.videoHeight);
}
