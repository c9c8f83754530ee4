import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { afterAim, watchAim } from "./aim";

let stop: () => void;
const shown: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = "<p>text</p><button>Chamar</button>";
  stop = watchAim();
  shown.length = 0;
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function point(kind: string, at: string): void {
  document.querySelector(at)?.dispatchEvent(new PointerEvent(kind, { bubbles: true }));
}

function frame(name: string): void {
  afterAim(() => shown.push(name));
}

it("shows what others did at once while nobody points at a button", () => {
  point("pointermove", "p");
  frame("1");

  expect(shown).toEqual(["1"]);
});

it("waits while a pointer moves over a button, and then shows the newest", () => {
  point("pointermove", "button");
  frame("1");
  vi.advanceTimersByTime(300);
  point("pointermove", "button");
  frame("2");
  vi.advanceTimersByTime(300);
  expect(shown).toEqual([]);
  vi.advanceTimersByTime(200);

  expect(shown).toEqual(["2"]);
});

it("waits for the finger that is on a button", () => {
  point("pointerdown", "button");
  frame("1");
  vi.advanceTimersByTime(1000);
  expect(shown).toEqual([]);
  point("pointerup", "p");
  vi.advanceTimersByTime(50);

  expect(shown).toEqual(["1"]);
});

it("keeps nobody from the news for longer than a moment", () => {
  point("pointerdown", "button");
  frame("1");
  vi.advanceTimersByTime(1600);
  frame("2");

  expect(shown).toEqual(["1"]);
  vi.advanceTimersByTime(1600);
  expect(shown).toEqual(["1", "2"]);
});
