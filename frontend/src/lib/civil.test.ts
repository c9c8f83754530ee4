import { afterEach, describe, expect, it, vi } from "vitest";
import { addDays, ageOn, civilDate, civilTime, daysBetween, weekday } from "./civil";

describe("the clinic's day", () => {
  it("begins at midnight in Lisbon, summer and winter", () => {
    expect(civilDate("2026-07-01T22:59:59Z")).toBe("2026-07-01");
    expect(civilDate("2026-07-01T23:00:00Z")).toBe("2026-07-02");
    expect(civilDate("2026-12-01T23:59:59Z")).toBe("2026-12-01");
  });

  it("jumps over an hour on the last Sunday of March", () => {
    expect(civilTime("2026-03-29T00:59:00Z")).toBe("00:59");
    expect(civilTime("2026-03-29T01:00:00Z")).toBe("02:00");
  });

  it("lives an hour twice on the last Sunday of October", () => {
    expect(civilTime("2026-10-25T00:30:00Z")).toBe("01:30");
    expect(civilTime("2026-10-25T01:30:00Z")).toBe("01:30");
    expect(civilTime("2026-10-25T02:30:00Z")).toBe("02:30");
  });

  it("writes midnight as 00:00", () => {
    expect(civilTime("2026-11-27T00:00:00Z")).toBe("00:00");
  });
});

describe("a clinic that isn't in Lisbon", () => {
  afterEach(() => {
    delete document.documentElement.dataset.timeZone;
    vi.resetModules();
  });

  it("has the zone that the page says", async () => {
    document.documentElement.dataset.timeZone = "Atlantic/Azores";
    vi.resetModules();
    const azores = await import("./civil");

    expect(azores.civilDate("2026-11-28T00:30:00Z")).toBe("2026-11-27");
    expect(azores.civilTime("2026-11-28T00:30:00Z")).toBe("23:30");
  });
});

describe("civil dates", () => {
  it("are counted in days, not in hours, across both changes of the clock", () => {
    expect(addDays("2026-03-28", 1)).toBe("2026-03-29");
    expect(addDays("2026-03-29", 1)).toBe("2026-03-30");
    expect(addDays("2026-10-25", 1)).toBe("2026-10-26");
    expect(daysBetween("2026-10-24", "2026-10-27")).toBe(3);
  });

  it("cross months, years and leap days", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addDays("2026-11-27", -27)).toBe("2026-10-31");
  });

  it("know their day of the week", () => {
    expect(weekday("2026-11-27")).toBe(5);
    expect(weekday("2026-11-29")).toBe(0);
  });
});

describe("age", () => {
  it("changes on the birthday", () => {
    expect(ageOn("2008-11-23", "2026-11-22")).toBe(17);
    expect(ageOn("2008-11-23", "2026-11-23")).toBe(18);
  });

  it("is unknown without a birth date", () => {
    expect(ageOn(null, "2026-11-23")).toBeNull();
    expect(ageOn("23/11/2008", "2026-11-23")).toBeNull();
  });
});
