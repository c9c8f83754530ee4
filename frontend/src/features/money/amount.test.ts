// @vitest-environment node
import { describe, expect, it } from "vitest";
import { amountFrom, percent, rest, written } from "./amount";

describe("an amount as a person writes it", () => {
  it.each([
    ["15", "15.00"],
    ["15,5", "15.50"],
    ["15.50 €", "15.50"],
    ["1.250,00", "1250.00"],
    ["0,29", "0.29"],
  ])("%s is %s", (text, amount) => expect(amountFrom(text)).toBe(amount));

  it.each(["", "abc", "-5", "1,234", "1,2,3", "5,", "1e3"])("%s is none", (text) =>
    expect(amountFrom(text)).toBeNull(),
  );

  it("is written back as it was read", () => {
    expect(amountFrom(written("40.10", "pt"))).toBe("40.10");
    expect(amountFrom(written("40.10", "en"))).toBe("40.10");
  });
});

describe("what remains", () => {
  it("is exact to the cent", () => expect(rest("15.10", "40.00")).toBe("24.90"));
  it("is nothing after the whole", () => expect(rest("40.00", "40.00")).toBe("0.00"));
  it("isn't there for nought, for more than there is, and for no number", () => {
    expect(rest("0.00", "40.00")).toBeNull();
    expect(rest("40.01", "40.00")).toBeNull();
    expect(rest(null, "40.00")).toBeNull();
  });
});

describe("a share", () => {
  it("is of the total, and nought of nothing", () => {
    expect(percent("10.00", "40.00")).toBe(25);
    expect(percent("0.00", "0.00")).toBe(0);
  });
});
