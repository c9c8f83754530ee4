// @vitest-environment node
import { expect, it } from "vitest";
import { calendarFile } from "./ics";

it("writes one event in UTC with escaped text and CRLF", () => {
  const file = calendarFile({
    uid: "abc@vez",
    start: "2026-07-01T10:30:00+01:00",
    end: "2026-07-01T11:15:00+01:00",
    summary: "Vez; clínica",
    location: "Rua A, 12\nLisboa",
    now: Date.UTC(2026, 5, 30, 8, 0, 0),
  });
  expect(file.split("\r\n")).toEqual([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Vez//PT",
    "BEGIN:VEVENT",
    "UID:abc@vez",
    "DTSTAMP:20260630T080000Z",
    "DTSTART:20260701T093000Z",
    "DTEND:20260701T101500Z",
    "SUMMARY:Vez\\; clínica",
    "LOCATION:Rua A\\, 12\\nLisboa",
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ]);
});
