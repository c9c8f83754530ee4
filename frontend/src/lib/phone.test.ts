// @vitest-environment node
import { describe, expect, it } from "vitest";
import { formatPhone, isPhone, isPortugueseMobile, toE164 } from "./phone";
import { mb_way as examples } from "./vectors.json";

it.each(examples)("reads $typed as the server does", ({ typed, read }) => {
  expect(isPortugueseMobile(typed) ? toE164(typed) : null).toBe(read);
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
