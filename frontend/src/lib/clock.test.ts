// @vitest-environment node
import { expect, it } from "vitest";
import { ServerClock } from "./clock";

function at(time: { now: number }) {
  return new ServerClock(() => time.now);
}

it("is the device's clock until the server has spoken", () => {
  expect(at({ now: 1000 }).now()).toBe(1000);
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

it("forgets old frames, so that a device whose clock was set right is believed again", () => {
  const time = { now: 0 };
  const clock = at(time);
  clock.observe(60_000);
  for (let i = 1; i <= 8; i += 1) {
    time.now = 60_000 + i * 15_000;
    clock.observe(time.now);
  }
  expect(clock.now()).toBe(time.now);
});

it("ignores what is no time", () => {
  const clock = at({ now: 5 });
  clock.observe("soon");
  expect(clock.now()).toBe(5);
});
