/** Of the Shape Detection API only what is used here; most browsers don't have it. */
interface FaceDetector {
  detect(image: CanvasImageSource): Promise<readonly { boundingBox: DOMRectReadOnly }[]>;
}

declare global {
  interface Window {
    FaceDetector?: new (options: { fastMode: boolean; maxDetectedFaces: number }) => FaceDetector;
  }
}

/**
 * Finds the widths of the faces in a picture, as shares of its shorter side. The picture stays in
 * the browser. Null where the browser can't tell, also when it says that it can and then fails.
 */
export function faceFinder(): (video: HTMLVideoElement) => Promise<readonly number[] | null> {
  let detector = window.FaceDetector
    ? new window.FaceDetector({ fastMode: true, maxDetectedFaces: 2 })
    : null;
  return async (video) => {
    if (!detector) return null;
    try {
      const found = await detector.detect(video);
      const side = Math.min(video.videoWidth, video.videoHeight);
      return found.map(({ boundingBox }) => boundingBox.width / side);
    } catch {
      // Some systems offer the interface without what stands behind it.
      detector = null;
      return null;
    }
  };
}
