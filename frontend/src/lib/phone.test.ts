// @vitest-environment node
import { describe, expect, it } from "vitest";
import { formatPhone, isPhone, isPortugueseMobile, toE164 } from "./phone";

describe("Portuguese mobiles", () => {
  it.each(["912345678", "92 234 56 78", "+351 936-345-678", "00351 962345678"])(
    "accept %s",
    (phone) => {
      expect(isPortugueseMobile(phone)).toBe(true);
    },
  );

  it.each(["212345678", "942345678", "91234567", "9123456789", "+34612345678", ""])(
    "refuse %s",
    (phone) => {
      expect(isPortugueseMobile(phone)).toBe(false);
    },
  );
});

describe("phone numbers", () => {
  it("are Portuguese when they have nine digits and no prefix", () => {
    expect(toE164("912 345 678")).toBe("+351912345678");
    expect(toE164("+44 7700 900123")).toBe("+447700900123");
  });

  it("may be foreign", () => {
    expect(isPhone("+44 7700 900123")).toBe(true);
    expect(isPhone("12345")).toBe(false);
  });

  it("are read in groups when Portuguese", () => {
    expect(formatPhone("+351912345678")).toBe("912\u00a0345\u00a0678");
    expect(formatPhone("+447700900123")).toBe("+447700900123");
  });
});
