import { body, deviceApi } from "@/lib/api/client";
import type { LivenessSession } from "@/lib/api/types";

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
