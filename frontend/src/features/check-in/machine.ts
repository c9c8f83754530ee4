/**
 * The kiosk's steps, as one explicit machine. Each step has one way forward, a way back, and help.
 * Nothing that a person typed or was told outlives the step `rest`.
 */

import type { CheckIn } from "@/lib/api/types";

export const CODE_LENGTH = 6;
export const YEAR_LENGTH = 4;

export type Entry = "code" | "birth_year";
export type Trouble = "wrong" | "throttled" | "offline";
/** What may keep an answer away: also a part of the clinic that is down while the rest works. */
export type Refusal = Trouble | "unavailable";
/** What the clinic was asked with. */
export type Way = "face" | "code";

export type Step =
  | { name: "rest" }
  | { name: "camera" }
  | { name: "no_camera" }
  | { name: "code"; typed: string; trouble: Trouble | null }
  | { name: "sending"; way: Way; attempt: number }
  | { name: "waiting"; way: Way; id: string }
  | { name: "confirm"; id: string; by: Entry; typed: string; trouble: Trouble | null }
  | { name: "answer"; by: Way | "confirmation"; checkIn: CheckIn }
  | { name: "help" }
  | { name: "offline" };

/**
 * `of` names what was asked: the attempt's number while it is being sent, then the check-in's id.
 * An answer to something else belongs to somebody who has gone.
 */
export type Event =
  | { type: "reset" }
  | { type: "help" }
  | { type: "choose_camera" }
  | { type: "camera_failed" }
  | { type: "video_failed" }
  | { type: "choose_code" }
  | { type: "type"; character: string }
  | { type: "erase" }
  | { type: "read"; text: string }
  | { type: "send"; attempt: number }
  | { type: "accepted"; of: number; checkIn: CheckIn }
  | { type: "decided"; checkIn: CheckIn }
  | { type: "refused"; of: number | string; trouble: Refusal }
  | { type: "confirm_by"; entry: Entry };

export const REST: Step = { name: "rest" };

function afterCheckIn(way: Way, checkIn: CheckIn): Step {
  const { id, status } = checkIn;
  if (status === "processing") return { name: "waiting", way, id };
  if (status === "confirm") {
    return { name: "confirm", id, by: "birth_year", typed: "", trouble: null };
  }
  if (way === "code" && status === "not_recognised") {
    return { name: "code", typed: "", trouble: "wrong" };
  }
  return { name: "answer", by: way, checkIn };
}

function lengthOf(entry: Entry): number {
  return entry === "code" ? CODE_LENGTH : YEAR_LENGTH;
}

/** What was typed, with one more character where it is one of the entry's own. */
function typed(text: string, character: string, entry: Entry): string {
  const upper = character.toUpperCase();
  const allowed = entry === "code" ? /^[A-Z0-9]$/ : /^\d$/;
  return allowed.test(upper) && text.length < lengthOf(entry) ? text + upper : text;
}

/** The code that a QR holds, if it holds one. */
function codeIn(text: string): string | null {
  const upper = text.trim().toUpperCase();
  return /^[A-Z0-9]+$/.test(upper) && upper.length === CODE_LENGTH ? upper : null;
}

/** True when everything that is asked for has been typed. */
export function isComplete(step: Step): boolean {
  if (step.name === "code") return step.typed.length === CODE_LENGTH;
  return step.name === "confirm" && step.typed.length === lengthOf(step.by);
}

export function next(step: Step, event: Event): Step {
  switch (event.type) {
    case "reset":
      return REST;
    case "help":
      return { name: "help" };
    case "choose_camera":
      return { name: "camera" };
    case "camera_failed":
      return step.name === "camera" ? { name: "no_camera" } : step;
    case "video_failed":
      return step.name === "camera"
        ? { name: "answer", by: "face", checkIn: notTaken("unavailable") }
        : step;
    case "choose_code":
      return { name: "code", typed: "", trouble: null };
    case "type":
      if (step.name === "code") {
        return { ...step, typed: typed(step.typed, event.character, "code"), trouble: null };
      }
      if (step.name === "confirm") {
        return { ...step, typed: typed(step.typed, event.character, step.by), trouble: null };
      }
      return step;
    case "erase":
      return step.name === "code" || step.name === "confirm"
        ? { ...step, typed: step.typed.slice(0, -1), trouble: null }
        : step;
    case "read": {
      const code = codeIn(event.text);
      return step.name === "code" && code ? { ...step, typed: code, trouble: null } : step;
    }
    case "send":
      return step.name === "camera" || step.name === "code"
        ? {
            name: "sending",
            way: step.name === "camera" ? "face" : "code",
            attempt: event.attempt,
          }
        : step;
    case "accepted":
      return step.name === "sending" && step.attempt === event.of
        ? afterCheckIn(step.way, event.checkIn)
        : step;
    case "decided":
      return afterDecision(step, event.checkIn);
    case "refused":
      return asked(step) === event.of ? afterRefusal(step, event.trouble) : step;
    case "confirm_by":
      return step.name === "confirm"
        ? { ...step, by: event.entry, typed: "", trouble: null }
        : step;
  }
}

/** What this step is waiting to hear about, as `of` names it. */
export function asked(step: Step): number | string | null {
  if (step.name === "sending") return step.attempt;
  return step.name === "waiting" || step.name === "confirm" ? step.id : null;
}

function afterDecision(step: Step, checkIn: CheckIn): Step {
  if (asked(step) !== checkIn.id || checkIn.status === "processing") return step;
  if (step.name === "waiting") return afterCheckIn(step.way, checkIn);
  // A repeated `confirm` must not wipe what is being typed.
  return checkIn.status === "confirm" ? step : { name: "answer", by: "confirmation", checkIn };
}

function afterRefusal(step: Step, refusal: Refusal): Step {
  if (step.name === "sending" && step.way === "face") {
    if (refusal === "wrong") return { name: "answer", by: "face", checkIn: notTaken("poor_image") };
    if (refusal === "unavailable") {
      return { name: "answer", by: "face", checkIn: notTaken("unavailable") };
    }
  }
  const trouble = refusal === "unavailable" ? "offline" : refusal;
  if (step.name === "confirm") return { ...step, typed: "", trouble };
  if (trouble === "offline") return { name: "offline" };
  return { name: "code", typed: "", trouble };
}

/** The answer to a picture that the clinic did not even take in. */
const notTaken = (status: "poor_image" | "unavailable"): CheckIn => ({
  id: "",
  status,
  label: null,
  ticket: null,
  room: null,
  wait: null,
  detail: null,
});
