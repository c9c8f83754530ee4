// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TooLate, within } from "./deadline";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("passes on what comes in time", async () => {
  await expect(within(100, Promise.resolve("here"))).resolves.toBe("here");
  await expect(within(100, Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
});

it("ends the wait and lets go of what comes later", async () => {
  const letGo = vi.fn();
  let come: (value: string) => void = () => undefined;
  const waiting = within(100, new Promise<string>((resolve) => (come = resolve)), letGo);
  const end = expect(waiting).rejects.toBeInstanceOf(TooLate);

  await vi.advanceTimersByTimeAsync(100);
  await end;
  expect(letGo).not.toHaveBeenCalled();

  come("late");
  await vi.advanceTimersByTimeAsync(0);
  expect(letGo).toHaveBeenCalledExactlyOnceWith("late");
});

it("keeps a failure that comes too late to itself", async () => {
  let fail: (error: Error) => void = () => undefined;
  const waiting = within(100, new Promise((_, reject) => (fail = reject)));
  const end = expect(waiting).rejects.toBeInstanceOf(TooLate);
  await vi.advanceTimersByTimeAsync(100);
  await end;

  fail(new Error("late"));
  await vi.advanceTimersByTimeAsync(0);
});
