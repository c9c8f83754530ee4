// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Day, StaffAppointment } from "@/lib/api/types";
import { findInDay } from "./search";

function appointment(id: string, full_name: string, ticket: string, hour: number) {
  return {
    id,
    patient: { id: `p${id}`, full_name, label: "" },
    ticket,
    start: `2026-11-23T${String(hour).padStart(2, "0")}:00:00Z`,
  } as StaffAppointment;
}

const DAY = {
  practitioners: [
    {
      appointments: [
        appointment("1", "Conceição Antunes", "A012", 11),
        appointment("2", "Inês Conceição", "", 9),
      ],
    },
    { appointments: [appointment("3", "António Sá", "A112", 10)] },
  ],
} as unknown as Day;

function found(text: string): string[] {
  return findInDay(DAY, text).map(({ id }) => id);
}

describe("findInDay", () => {
  it("finds by the beginning of any name, without accents, by hour", () => {
    expect(found("conceicao")).toEqual(["2", "1"]);
    expect(found("ant")).toEqual(["3", "1"]);
    expect(found("SÁ")).toEqual(["3"]);
  });

  it("wants every word that was typed", () => {
    expect(found(" ines conc ")).toEqual(["2"]);
    expect(found("ines antunes")).toEqual([]);
  });

  it("reads a ticket with or without its letter and noughts, and no other ticket", () => {
    expect(found("12")).toEqual(["1"]);
    expect(found("a12")).toEqual(["1"]);
    expect(found("A012")).toEqual(["1"]);
    expect(found("b12")).toEqual([]);
    expect(found("112")).toEqual(["3"]);
    expect(found("a01")).toEqual(["1"]);
  });

  it("finds nobody for nothing", () => {
    expect(found("  ")).toEqual([]);
  });
});
