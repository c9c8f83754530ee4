// @vitest-environment node
import { describe, expect, it } from "vitest";
import { boardEntry } from "@/test/board";
import { isWithin, ofRooms, soundOf, typeSizes, USUAL_SETTINGS } from "./settings";

const TV = { width: 1920, height: 1080 };

describe("ofRooms", () => {
  const board = ["1", "2", "Ginásio"].map((room) => boardEntry({ room }));

  it("keeps every room where none is chosen", () => {
    expect(ofRooms(board, [])).toEqual(board);
  });

  it("keeps the chosen rooms only, by their whole name", () => {
    expect(ofRooms(board, ["2", "Ginásio"]).map(({ room }) => room)).toEqual(["2", "Ginásio"]);
    expect(ofRooms(board, ["G"])).toEqual([]);
  });
});

describe("isWithin", () => {
  it("counts the first minute and not the last", () => {
    const lunch = { starts: "12:00", ends: "14:00" };
    expect(["11:59", "12:00", "13:59", "14:00"].map((time) => isWithin(lunch, time))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it("may pass midnight", () => {
    const night = { starts: "21:00", ends: "06:00" };
    expect(
      ["20:59", "21:00", "00:00", "05:59", "06:00"].map((time) => isWithin(night, time)),
    ).toEqual([false, true, true, true, false]);
  });

  it("is never where no hours are set", () => {
    expect(isWithin(null, "00:00")).toBe(false);
  });
});

describe("soundOf", () => {
  const quiet = { ...USUAL_SETTINGS, quiet: { starts: "12:00", ends: "14:00" } };

  it("names what staff have chosen before what the browser does", () => {
    expect(soundOf({ ...quiet, volume: 0 }, "13:00", false)).toBe("muted");
    expect(soundOf(quiet, "13:00", false)).toBe("quiet");
    expect(soundOf(quiet, "15:00", false)).toBe("blocked");
    expect(soundOf(quiet, "15:00", true)).toBe("on");
  });
});

describe("typeSizes", () => {
  const seen = (inches: number, farthest_seat_metres: string, screen = TV) =>
    typeSizes({ inches, farthest_seat_metres }, screen);

  it("gives the ticket at least 0.7 degrees at the farthest seat", () => {
    expect(seen(43, "3.0").ticket).toBeCloseTo(9.8, 1);
    expect(seen(43, "4.0").ticket).toBeCloseTo(13.0, 1);
    expect(seen(55, "5.0").ticket).toBeCloseTo(12.7, 1);
  });

  it("knows the shorter side of a panel that stands upright", () => {
    expect(seen(43, "4.0", { width: 1080, height: 1920 })).toEqual(seen(43, "4.0"));
  });

  it("gives the lists half of that, and never less than usual", () => {
    const far = seen(43, "5.0");
    expect(far.next * 4.9).toBeCloseTo(8.1, 1);
    expect(far.label).toBe(18);
    expect(seen(55, "2.0")).toEqual(typeSizes(null, TV));
  });

  it("stops where a call would no longer have a place", () => {
    const beyond = seen(32, "12.0");
    expect([beyond.label, beyond.ticket, beyond.next]).toEqual([24, 16, 1.7]);
  });
});
