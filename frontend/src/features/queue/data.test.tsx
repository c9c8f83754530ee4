import { act, renderHook } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { createQueryClient } from "@/lib/query";
import { problem, StagedClinic, visit } from "@/test/clinic";
import { useDeskBooking, type DeskBooking } from "./data";

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

it("repeats a walk-in that got no answer under its old key, and gives another wish a new one", async () => {
  const clinic = new StagedClinic([]);
  const client = createQueryClient();
  const { result } = renderHook(useDeskBooking, {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    ),
  });
  const wish: DeskBooking = { specialty: "massage", patient: "ana" };
  const answers = [
    () => Promise.reject(new TypeError("network")),
    () => problem(409, "no_free_time"),
    () => Response.json({ ...visit("1", "Ana Martins", "arrived"), revision: 2 }),
  ];
  for (const [index, answer] of answers.entries()) {
    clinic.next = answer;
    const booking = index === 2 ? { ...wish, specialty: "evaluation" } : wish;
    await act(() => result.current.mutateAsync(booking).catch(() => undefined));
  }

  const [first, repeated, other] = clinic.sent.map(({ key }) => key);
  expect(first).toMatch(/^[\da-f-]{36}$/);
  expect(repeated).toBe(first);
  expect(other).not.toBe(first);
  expect(other).toMatch(/^[\da-f-]{36}$/);
});
