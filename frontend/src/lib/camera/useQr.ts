import { useEffect, useEffectEvent, type RefObject } from "react";
import { qrFinder } from "./qr";

const LOOK_EVERY_MS = 250;

/** Tells each QR code that a live camera sees, as often as it sees it; `onFailed` when nothing can. */
export function useQr(
  video: RefObject<HTMLVideoElement | null>,
  isLive: boolean,
  onRead: (text: string) => void,
  onFailed: () => void,
): void {
  const tell = useEffectEvent(onRead);
  const fail = useEffectEvent(onFailed);

  useEffect(() => {
    if (!isLive) return;
    const find = qrFinder();
    let isLooking = false;
    let left = false;

    async function lookOnce(element: HTMLVideoElement) {
      const texts = await find(element);
      if (!left) texts.forEach((text) => tell(text));
    }

    const timer = setInterval(() => {
      if (isLooking || !video.current) return;
      isLooking = true;
      lookOnce(video.current)
        .catch(() => {
          clearInterval(timer);
          if (!left) fail();
        })
        .finally(() => {
          isLooking = false;
        });
    }, LOOK_EVERY_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [isLive, video]);
}
