/**
 * The kiosk's steps, as one explicit machine. Each step has one way forward, a way back, and help.
 * Nothing that a person typed or was told outlives the step `rest`.
 */

import type { CheckIn } from "@/lib/api/types";

export const CODE_LENGTH = 6;
export const YEAR_LENGTH = 4;

export type Entry = "code" | "birth_year";
export type Trouble = "wrong" | "throttled" | "offline";

export type Step =
  | { name: "rest" }
  | { name: "camera" }
  | { name: "no_camera" }
  | { name: "code"; typed: string; trouble: Trouble | null }
  | { name: "sending" }
  | { name: "waiting"; id: string }
  | { name: "confirm"; id: string; by: Entry; typed: string; trouble: Trouble | null }
  | { name: "answer"; checkIn: CheckIn }
  | { name: "help" }
  | { name: "offline" };

export type Event =
  | { type: "reset" }
  | { type: "help" }
  | { type: "choose_camera" }
  | { type: "camera_failed" }
  | { type: "choose_code" }
  | { type: "type"; character: string }
  | { type: "erase" }
  | { type: "send" }
  | { type: "accepted"; checkIn: CheckIn }
  | { type: "decided"; checkIn: CheckIn }
  | { type: "refused"; trouble: Trouble }
  | { type: "confirm_by"; entry: Entry };

export const REST: Step = { name: "rest" };

function afterCheckIn(checkIn: CheckIn): Step {
  if (checkIn.status === "processing") return { name: "waiting", id: checkIn.id };
  if (checkIn.status === "confirm") {
    return { name: "confirm", id: checkIn.id, by: "birth_year", typed: "", trouble: null };
  }
  return { name: "answer", checkIn };
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
    case "send":
      return step.name === "camera" || step.name === "code" ? { name: "sending" } : step;
    case "accepted":
      return step.name === "sending" ? afterCheckIn(event.checkIn) : step;
    case "decided":
      if (step.name === "waiting" || step.name === "confirm") {
        return event.checkIn.id === step.id && event.checkIn.status !== "processing"
          ? afterDecision(step, event.checkIn)
          : step;
      }
      return step;
    case "refused":
      return afterRefusal(step, event.trouble);
    case "confirm_by":
      return step.name === "confirm"
        ? { ...step, by: event.entry, typed: "", trouble: null }
        : step;
  }
}

/** A repeated `confirm` must not wipe what is being typed. */
function afterDecision(step: Step, checkIn: CheckIn): Step {
  return step.name === "confirm" && checkIn.status === "confirm" ? step : afterCheckIn(checkIn);
}

function afterRefusal(step: Step, trouble: Trouble): Step {
  if (step.name === "confirm") return { ...step, typed: "", trouble };
  if (trouble === "offline") return { name: "offline" };
  return { name: "code", typed: "", trouble };
}
