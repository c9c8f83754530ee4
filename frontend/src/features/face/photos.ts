import type { Face, FaceReason } from "@/lib/api/types";
import { toJpeg } from "@/lib/camera";
import { ANSWER_MS, within } from "@/lib/deadline";

/** What the camera asks for, in this order. */
export const POSES = ["front", "left", "right"] as const;
export type Pose = (typeof POSES)[number];

/** A photo, taken by the camera in a pose or chosen as a file. */
export interface Photo {
  blob: Blob;
  pose: Pose | null;
}

export type Faults = ReadonlyMap<Photo, FaceReason["code"]>;

/** The pose to take next: the first that is missing or was refused, null when all are there. */
export function nextPose(photos: readonly Photo[], faults: Faults): Pose | null {
  const isTaken = (pose: Pose) => photos.some((one) => one.pose === pose && !faults.has(one));
  return POSES.find((pose) => !isTaken(pose)) ?? null;
}

/** With one more photo; of a pose there is one, the newest, in the place of the one before. */
export function withPhoto(photos: readonly Photo[], taken: Photo): readonly Photo[] {
  if (taken.pose === null || !photos.some(({ pose }) => pose === taken.pose)) {
    return [...photos, taken];
  }
  return photos.map((one) => (one.pose === taken.pose ? taken : one));
}

/** How many photos are missing. The camera asks for three; of files one will do. */
export function missingPhotos(photos: readonly Photo[]): number {
  const areFiles = photos.length > 0 && photos.every(({ pose }) => pose === null);
  return areFiles ? 0 : Math.max(0, POSES.length - photos.length);
}

/** What the clinic found wrong with photos that it was sent. */
export function faultsOf(face: Face, sent: readonly Photo[]): Faults {
  const faults = new Map<Photo, FaceReason["code"]>();
  for (const { photo, code } of face.status === "failed" ? face.reasons : []) {
    const refused = photo === null ? undefined : sent[photo - 1];
    if (refused) faults.set(refused, code);
  }
  return faults;
}

/** A file as a small JPEG, or null when it is no picture this browser can open. */
export async function shrinkFile(file: Blob): Promise<Blob | null> {
  try {
    const opening = createImageBitmap(file, { imageOrientation: "from-image" });
    const bitmap = await within(ANSWER_MS, opening, (late) => late.close());
    const blob = await toJpeg(bitmap, bitmap.width, bitmap.height);
    bitmap.close();
    return blob;
  } catch {
    return null;
  }
}

export function isHeic(file: File): boolean {
  return /^image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name);
}
