import { useEffect, useRef, useState, type RefObject } from "react";

export type CameraState = "starting" | "live" | "failed";

export interface Camera {
  video: RefObject<HTMLVideoElement | null>;
  state: CameraState;
}

/** The camera, on from mount to unmount: nobody is filmed who has not asked for it. */
export function useCamera(): Camera {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<CameraState>("starting");

  useEffect(() => {
    let stream: MediaStream | null = null;
    let gone = false;

    async function start() {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" },
        audio: false,
      });
      const element = video.current;
      if (gone || !element) {
        stop();
        return;
      }
      element.srcObject = stream;
      await element.play();
      if (element.videoWidth > 0) setState("live");
    }

    function stop() {
      stream?.getTracks().forEach((track) => track.stop());
    }

    start().catch(() => {
      if (!gone) setState("failed");
    });
    return () => {
      gone = true;
      stop();
    };
  }, []);

  return { video, state };
}

function draw(video: HTMLVideoElement, width: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = Math.round((video.videoHeight / video.videoWidth) * width);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The present picture as a JPEG in the camera's own size. */
export function takePicture(video: HTMLVideoElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    draw(video, video.videoWidth).toBlob(
      (blob) => {
        if (blob) resolve(blob);
        else reject(new Error("the camera gave no picture"));
      },
      "image/jpeg",
      0.92,
    );
  });
}

const DARK = 45;
const MOVED = 18;

export interface Look {
  pixels: Uint8ClampedArray;
  brightness: number;
}

/** A thumbnail's grey values, to judge light and movement before anything is sent. */
export function look(video: HTMLVideoElement): Look {
  const canvas = draw(video, 48);
  const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
  const pixels = new Uint8ClampedArray((data?.length ?? 0) / 4);
  let sum = 0;
  for (let index = 0; index < pixels.length; index += 1) {
    const green = data?.[index * 4 + 1] ?? 0;
    pixels[index] = green;
    sum += green;
  }
  return { pixels, brightness: pixels.length ? sum / pixels.length : 0 };
}

export type Hint = "dark" | "still" | "look";

/** What would make the next picture better. */
export function hintFor(before: Look | null, now: Look): Hint {
  if (now.brightness < DARK) return "dark";
  if (before?.pixels.length !== now.pixels.length) return "look";
  let change = 0;
  for (let index = 0; index < now.pixels.length; index += 1) {
    change += Math.abs((now.pixels[index] ?? 0) - (before.pixels[index] ?? 0));
  }
  return change / now.pixels.length > MOVED ? "still" : "look";
}
