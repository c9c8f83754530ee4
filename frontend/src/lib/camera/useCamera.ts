import { useEffect, useRef, useState, type RefObject } from "react";

/** Why there is no picture: the person or the browser said no, or there is nothing to film with. */
export type CameraFault = "denied" | "missing";
export type CameraState = "starting" | "live" | CameraFault;

export interface Camera {
  video: RefObject<HTMLVideoElement | null>;
  state: CameraState;
}

/** The front camera, on from mount to unmount: nobody is filmed who has not asked for it. */
export function useCamera({ width, height }: { width: number; height: number }): Camera {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<CameraState>("starting");

  useEffect(() => {
    let stream: MediaStream | null = null;
    let left = false;

    async function start() {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: width }, height: { ideal: height } },
      });
      const element = video.current;
      if (left || !element) {
        stop();
        return;
      }
      stream.getTracks().forEach((track) => {
        track.onended = () => setState("missing");
      });
      element.srcObject = stream;
      await element.play();
      if (element.videoWidth > 0) setState("live");
    }

    function stop() {
      stream?.getTracks().forEach((track) => track.stop());
    }

    start().catch((error: unknown) => {
      stop();
      if (left) return;
      const isDenied = error instanceof DOMException && error.name === "NotAllowedError";
      setState(isDenied ? "denied" : "missing");
    });
    return () => {
      left = true;
      stop();
    };
  }, [height, width]);

  return { video, state };
}
