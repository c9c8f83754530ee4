import { useEffect, useRef, useState, type RefObject } from "react";
import { ANSWER_MS, TooLate, within } from "../deadline";

/**
 * Why there is no picture: the person or the browser said no, there is nothing to film with, or
 * nothing came of it in time.
 */
export type CameraFault = "denied" | "missing" | "silent";
export type CameraState = "starting" | "live" | CameraFault;

export interface Camera {
  video: RefObject<HTMLVideoElement | null>;
  state: CameraState;
}

const LOOK_FOR_PICTURE_MS = 100;

export function isFault(state: CameraState): state is CameraFault {
  return state !== "starting" && state !== "live";
}

/**
 * The front camera, on from mount to unmount: nobody is filmed who has not asked for it. Within eight
 * seconds it is live or has a fault.
 */
export function useCamera({ width, height }: { width: number; height: number }): Camera {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<CameraState>("starting");

  useEffect(() => {
    let stream: MediaStream | null = null;
    let isOver = false;

    async function start() {
      const opened = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: width }, height: { ideal: height } },
      });
      stream = opened;
      const element = video.current;
      if (isOver || !element) {
        stop();
        return;
      }
      opened.getTracks().forEach((track) => {
        track.onended = () => setState("missing");
      });
      element.srcObject = opened;
      await element.play();
      await pictureIn(element);
    }

    /** Some cameras play before they show anything, and some never do. */
    async function pictureIn(element: HTMLVideoElement) {
      while (!isOver && element.videoWidth === 0) await pause(LOOK_FOR_PICTURE_MS);
    }

    function stop() {
      isOver = true;
      stream?.getTracks().forEach((track) => track.stop());
    }

    within(ANSWER_MS, start()).then(
      () => {
        if (!isOver) setState("live");
      },
      (error: unknown) => {
        if (isOver) return;
        stop();
        setState(faultIn(error));
      },
    );
    return stop;
  }, [height, width]);

  return { video, state };
}

function faultIn(error: unknown): CameraFault {
  if (error instanceof TooLate) return "silent";
  return error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "missing";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
