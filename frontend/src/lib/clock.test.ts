import { afterEach, expect, it, vi } from "vitest";
import { elapsed, ServerClock } from "./clock";

function at(time: { now: number }) {
  return new ServerClock(
    () => time.now,
    () => 1_000,
  );
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("is the device's clock until the server has spoken", () => {
  expect(at({ now: 7 }).now()).toBe(1_000);
});

it("follows the server when the device is wrong", () => {
  const time = { now: 1_000_000 };
  const clock = at(time);
  clock.observe(1_060_000);
  time.now += 5000;
  expect(clock.now()).toBe(1_065_000);
});

it("trusts the fastest of the last frames, because a late one only makes the offset smaller", () => {
  const time = { now: 0 };
  const clock = at(time);
  clock.observe(60_000);
  time.now = 4000;
  clock.observe(61_000);
  expect(clock.now()).toBe(64_000);
});

it.each([7_200_000, -7_200_000])(
  "is right at the next frame when the count was off by %i",
  (off) => {
    const time = { now: 0 };
    const clock = at(time);
    clock.observe(60_000);
    time.now = 15_000 + off;
    clock.observe(75_000);
    expect(clock.now()).toBe(75_000);
  },
);

it("ignores what is no time", () => {
  const clock = at({ now: 5 });
  clock.observe("soon");
  expect(clock.now()).toBe(1_000);
});

it.each(["forwards", "back"])("runs on when the device's clock is set two hours %s", (where) => {
  vi.useFakeTimers();
  const clock = new ServerClock();
  const began = { age: elapsed(), device: Date.now() };
  clock.observe(began.device);

  vi.setSystemTime(began.device + (where === "back" ? -7_200_000 : 7_200_000));
  vi.advanceTimersByTime(1000);

  expect(elapsed() - began.age).toBe(1000);
  expect(clock.now() - began.device).toBe(1000);
});

it("counts what was slept while nobody looked", () => {
  vi.useFakeTimers();
  const began = { age: elapsed(), device: Date.now() };
  const visibility = vi.spyOn(document, "visibilityState", "get");
  const look = (state: DocumentVisibilityState) => {
    visibility.mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  };

  look("hidden");
  vi.setSystemTime(began.device + 3_600_000);
  look("visible");

  expect(elapsed() - began.age).toBe(3_600_000);
});
