import { describe, expect, it } from "vitest";
import {
  formatCountdown,
  formatDate,
  formatDay,
  formatDayLong,
  formatMoney,
  formatPrice,
  formatTime,
  groupDigits,
  waitWords,
} from "./format";

const NBSP = "\u00a0";
const plain = (text: string) => text.replaceAll(NBSP, " ");

describe("money", () => {
  it("is written the Portuguese way with a space that doesn't break", () => {
    expect(formatMoney("40.00", "pt")).toBe(`40,00${NBSP}€`);
    expect(formatMoney("0.05", "pt")).toBe(`0,05${NBSP}€`);
    expect(plain(formatMoney("12345.60", "pt"))).toMatch(/^12 345,60 €$/);
  });

  it("is written the English way in English", () => {
    expect(formatMoney("40.00", "en")).toBe("€40.00");
  });

  it("loses its cents in a catalogue only when they are nought", () => {
    expect(formatPrice("40.00", "pt")).toBe(`40${NBSP}€`);
    expect(formatPrice("40.50", "pt")).toBe(`40,50${NBSP}€`);
    expect(formatPrice("100.00", "en")).toBe("€100");
  });
});

describe("days", () => {
  it("have three letters and no stops", () => {
    const week = ["23", "24", "25", "26", "27", "28", "29"].map((day) =>
      plain(formatDay(`2026-11-${day}`, "pt")),
    );
    expect(week).toEqual([
      "seg, 23 nov",
      "ter, 24 nov",
      "qua, 25 nov",
      "qui, 26 nov",
      "sex, 27 nov",
      "sáb, 28 nov",
      "dom, 29 nov",
    ]);
  });

  it("speak English too", () => {
    expect(plain(formatDay("2026-11-27", "en"))).toBe("Fri, 27 Nov");
    expect(formatDayLong("2026-11-27", "en")).toBe("Friday, 27 November");
  });

  it("have a long form without -feira", () => {
    expect(formatDayLong("2026-11-27", "pt")).toBe("sexta, 27 de novembro");
    expect(formatDayLong("2026-03-01", "pt")).toBe("domingo, 1 de março");
  });

  it("carry the year where a list reaches across years", () => {
    expect(formatDate("2027-01-05", "pt")).toBe("5 jan 2027");
  });
});

describe("times", () => {
  it("are those of the clinic's wall clock, wherever the device is", () => {
    expect(formatTime("2026-11-27T10:30:00+00:00")).toBe("10:30");
    expect(formatTime("2026-07-01T10:30:00+00:00")).toBe("11:30");
    expect(formatTime("2026-07-01T00:00:00+01:00")).toBe("00:00");
  });

  it("count down in minutes and seconds and stop at nought", () => {
    expect(formatCountdown(760)).toBe("12:40");
    expect(formatCountdown(59.2)).toBe("1:00");
    expect(formatCountdown(-3)).toBe("0:00");
  });
});

describe("waits", () => {
  it("are rounded outwards to five minutes", () => {
    expect(waitWords({ low_minutes: 12, high_minutes: 18, estimate_minutes: 15 })).toEqual({
      kind: "range",
      low: 10,
      high: 20,
    });
  });

  it("are any moment when near, and never a range of one number", () => {
    expect(waitWords({ low_minutes: 0, high_minutes: 5, estimate_minutes: 2 })).toEqual({
      kind: "any_moment",
    });
    expect(waitWords({ low_minutes: 10, high_minutes: 10, estimate_minutes: 10 })).toEqual({
      kind: "range",
      low: 10,
      high: 15,
    });
  });
});

describe("references", () => {
  it("stand in groups of three", () => {
    expect(plain(groupDigits("999012373"))).toBe("999 012 373");
    expect(plain(groupDigits("99999"))).toBe("999 99");
  });
});
