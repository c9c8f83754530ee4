import { useEffect, useEffectEvent, type RefObject } from "react";
import { faceFinder } from "./faces";
import { hintFor, look, type Hint, type Look } from "./look";

const LOOK_EVERY_MS = 300;

/**
 * Looks at a live camera three times a second and tells the hint each time, with the milliseconds
 * since the first picture. A hint changes once two looks agree on it, so that it can be read.
 */
export function useLooks(
  video: RefObject<HTMLVideoElement | null>,
  isLive: boolean,
  onLook: (hint: Hint, elapsed: number) => void,
): void {
  const tell = useEffectEvent(onLook);

  useEffect(() => {
    if (!isLive) return;
    const began = performance.now();
    const find = faceFinder();
    let shown: Hint = "look";
    let last: Hint = "look";
    let before: Look | null = null;
    let isLooking = false;
    let left = false;

    async function lookOnce(element: HTMLVideoElement) {
      const now = look(element);
      const faces = await find(element);
      const found = hintFor(now, before, faces);
      if (found === last) shown = found;
      last = found;
      before = now;
      if (!left) tell(shown, performance.now() - began);
    }

    const timer = setInterval(() => {
      if (isLooking || !video.current) return;
      isLooking = true;
      void lookOnce(video.current).finally(() => {
        isLooking = false;
      });
    }, LOOK_EVERY_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [isLive, video]);
}
