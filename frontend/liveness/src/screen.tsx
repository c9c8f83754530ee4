import { createRoot } from "react-dom/client";
import type { Film, VideoPart, VideoScreen } from "@/features/check-in/video";
import { Detector } from "./Detector";

/** Amazon's screen within an element of the kiosk's page. Should it break, its film has failed. */
export const openScreen: VideoPart["openScreen"] = (within): VideoScreen => {
  let shown: Film | null = null;
  const root = createRoot(within, { onUncaughtError: () => shown?.onFailed() });
  return {
    show(film) {
      shown = film;
      root.render(<Detector {...film} />);
    },
    close() {
      root.unmount();
    },
  };
};
