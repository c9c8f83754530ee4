// @vitest-environment node
import { describe, expect, it } from "vitest";
import { keyFromKeyboard, typeKey } from "./pairing";

describe("typeKey", () => {
  it("takes digits up to six", () => {
    expect(typeKey("12345", { kind: "digit", digit: "6" })).toBe("123456");
    expect(typeKey("123456", { kind: "digit", digit: "7" })).toBe("123456");
  });

  it("erases one or all", () => {
    expect(typeKey("123", { kind: "erase" })).toBe("12");
    expect(typeKey("123", { kind: "clear" })).toBe("");
  });
});

describe("keyFromKeyboard", () => {
  it("knows digits, backspace and escape only", () => {
    expect(keyFromKeyboard("7")).toEqual({ kind: "digit", digit: "7" });
    expect(keyFromKeyboard("Backspace")).toEqual({ kind: "erase" });
    expect(keyFromKeyboard("Escape")).toEqual({ kind: "clear" });
    expect(keyFromKeyboard("a")).toBeNull();
  });
});
