// @vitest-environment node
import { describe, expect, it } from "vitest";
import { VersionWatch } from "./version";

describe("VersionWatch", () => {
  it("tells a new version from the one it began with", () => {
    const watch = new VersionWatch();

    expect(watch.isNew("a")).toBe(false);
    expect(watch.isNew("a")).toBe(false);
    expect(watch.isNew("b")).toBe(true);
    expect(watch.isNew("b")).toBe(true);
  });

  it("takes a server that does not answer for no version, also as the first", () => {
    const watch = new VersionWatch();

    expect(watch.isNew(null)).toBe(false);
    expect(watch.isNew("a")).toBe(false);
    expect(watch.isNew(null)).toBe(false);
    expect(watch.isNew("b")).toBe(true);
  });

  it("has nothing to take when a release was taken back", () => {
    const watch = new VersionWatch();

    expect([watch.isNew("a"), watch.isNew("b"), watch.isNew("a")]).toEqual([false, true, false]);
  });
});
