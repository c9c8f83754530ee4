// @vitest-environment node
import { afterEach, describe, expect, it, vi } from "vitest";
import { keyFromKeyboard, pair, typeKey } from "./pairing";

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

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each(["/api/auth/csrf", "/api/devices/pair"])(
  "takes another code after eight seconds where %s never answers",
  async (silent) => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", (path: string) =>
      path === silent
        ? new Promise(() => undefined)
        : Promise.resolve(Response.json({ csrf_token: "t" })),
    );
    const result = vi.fn();
    void pair("123456").then(result);

    await vi.advanceTimersByTimeAsync(7_999);
    expect(result).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);

    expect(result).toHaveBeenCalledExactlyOnceWith("offline");
  },
);
