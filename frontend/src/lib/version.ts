import { ANSWER_MS, asking } from "./deadline";

/** The version of the display's files that the server hands out now; null where it can't be asked. */
export async function serverVersion(): Promise<string | null> {
  try {
    return await asking(ANSWER_MS, async (signal) => {
      const answer = await fetch("/version.json", { cache: "no-store", signal });
      if (!answer.ok) return null;
      const { version } = (await answer.json()) as { version?: unknown };
      return typeof version === "string" ? version : null;
    });
  } catch {
    return null;
  }
}
