import { body, deviceApi } from "@/lib/api/client";
import { isProblem } from "@/lib/api/problem";
import type { CheckIn } from "@/lib/api/types";
import type { Entry, Refusal } from "./machine";

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** Whether the server knows this kiosk. A network failure counts as known: pairing can't help then. */
export async function isPaired(): Promise<boolean> {
  try {
    await deviceApi.GET("/api/check-ins/{id}", { params: { path: { id: NOBODY } } });
    return true;
  } catch (error) {
    return !(isProblem(error) && (error.status === 401 || error.status === 403));
  }
}

/** What is known of a check-in before it is decided: nothing but its id. */
const UNDECIDED = { label: null, ticket: null, room: null, wait: null, detail: null };

export async function sendPicture(image: Blob): Promise<CheckIn> {
  const form = new FormData();
  form.append("image", image, "frame.jpg");
  const accepted = await body(
    deviceApi.POST("/api/check-ins", { body: { image: "" }, bodySerializer: () => form }),
  );
  return { ...accepted, ...UNDECIDED };
}

export async function sendVideo(liveness: string): Promise<CheckIn> {
  const accepted = await body(deviceApi.POST("/api/check-ins", { body: { liveness } }));
  return { ...accepted, ...UNDECIDED };
}

export async function sendCode(code: string): Promise<CheckIn> {
  const accepted = await body(deviceApi.POST("/api/check-ins", { body: { code } }));
  return { ...accepted, ...UNDECIDED };
}

export function readCheckIn(id: string): Promise<CheckIn> {
  return body(deviceApi.GET("/api/check-ins/{id}", { params: { path: { id } } }));
}

export function confirmCheckIn(id: string, by: Entry, typed: string): Promise<CheckIn> {
  const factor = by === "code" ? { code: typed } : { birth_year: Number(typed) };
  return body(
    deviceApi.POST("/api/check-ins/{id}/confirm", { params: { path: { id } }, body: factor }),
  );
}

/** A kiosk that the clinic no longer knows is as good as offline: only the desk can help. */
const NO_ANSWER = new Set([0, 401, 403]);

export function refusalOf(error: unknown): Refusal {
  if (isProblem(error) && error.status === 503) return "unavailable";
  if (!isProblem(error) || NO_ANSWER.has(error.status) || error.status >= 500) return "offline";
  return error.status === 429 ? "throttled" : "wrong";
}
