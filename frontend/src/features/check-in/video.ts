import { body, deviceApi } from "@/lib/api/client";
import type { LivenessSession } from "@/lib/api/types";
import type { Language } from "@/lib/format";

/** One video that is made, and who is told how it ends. */
export interface Film {
  session: LivenessSession;
  language: Language;
  onStreamed: () => void;
  onCancelled: () => void;
  onFailed: () => void;
}

/** The provider's screen, within one element of the page. */
export interface VideoScreen {
  show: (film: Film) => void;
  close: () => void;
}

/** What the build of `liveness/` gives: nothing of it is in the kiosk's own files. */
export interface VideoPart {
  openScreen: (within: HTMLElement) => VideoScreen;
}

/** Whether a check-in by face begins with a video here. Where that can't be told, a photo will do. */
export async function isVideoAsked(): Promise<boolean> {
  try {
    return (await body(deviceApi.GET("/api/check-ins/liveness"))).available;
  } catch {
    return false;
  }
}

/** A session for one video, and the key to stream it with; nobody keeps either. */
export function beginVideo(): Promise<LivenessSession> {
  return body(deviceApi.POST("/api/check-ins/liveness"));
}

/** Loads the part that films, which is there wherever the server says that a video is asked for. */
export async function loadVideoPart(): Promise<VideoPart> {
  const answer = await fetch("/liveness.json", { cache: "no-cache" });
  const { module } = (await answer.json()) as { module: string };
  const entry = (await import(/* @vite-ignore */ module)) as { load: () => Promise<VideoPart> };
  return entry.load();
}
