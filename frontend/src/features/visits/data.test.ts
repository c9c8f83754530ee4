import { expect, it } from "vitest";
import type { Appointment, AppointmentStatus } from "@/lib/api/types";
import { checkoutPath, patientWord, upcomingAndPast } from "./data";

function appointment(id: string, start: string, status: AppointmentStatus): Appointment {
  return {
    id,
    specialty: { code: "massage", name_pt: "Massagem", name_en: "Massage", duration_minutes: 45 },
    practitioner: { id: "p", name: "Inês" },
    room: "1",
    start,
    end: new Date(new Date(start).getTime() + 45 * 60_000).toISOString(),
    status,
    price: "40.00",
    hold_expires_at: null,
    checkout_url: null,
    check_in_code: null,
    ticket: "",
    label_choice: "",
    can_cancel: true,
    can_reschedule: true,
    is_refundable: true,
    created_at: start,
  };
}

const now = Date.parse("2026-11-25T12:00:00Z");

it("puts the soonest first, and what is over apart, newest first", () => {
  const list = [
    appointment("later", "2026-11-30T10:00:00Z", "booked"),
    appointment("soon", "2026-11-26T10:00:00Z", "pending"),
    appointment("off", "2026-11-26T09:00:00Z", "cancelled"),
    appointment("done", "2026-11-20T10:00:00Z", "fulfilled"),
  ];
  const { upcoming, past } = upcomingAndPast(list, now);
  expect(upcoming.map((one) => one.id)).toEqual(["soon", "later"]);
  expect(past.map((one) => one.id)).toEqual(["off", "done"]);
});

it("keeps a treatment that runs over among what is to come", () => {
  const running = appointment("now", "2026-11-25T10:00:00Z", "in_progress");
  const missed = appointment("missed", "2026-11-25T10:00:00Z", "booked");
  const { upcoming, past } = upcomingAndPast([running, missed], now);
  expect(upcoming.map((one) => one.id)).toEqual(["now"]);
  expect(past.map((one) => one.id)).toEqual(["missed"]);
});

it("tells patients three words over the states", () => {
  const words = (
    ["pending", "booked", "arrived", "called", "in_progress", "fulfilled"] as const
  ).map(patientWord);
  expect(words).toEqual(["pending", "booked", "booked", "booked", "booked", "finished"]);
});

it("keeps paying inside the app", () => {
  expect(checkoutPath("https://vez.example/pay/abc-_1")).toBe("/pay/abc-_1");
});
