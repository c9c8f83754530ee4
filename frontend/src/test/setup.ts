import { afterEach } from "vitest";

// Most of the time of a test that draws nothing would go into loading what takes drawings away.
if (typeof document !== "undefined") {
  const { cleanup } = await import("@testing-library/react");
  afterEach(cleanup);
}
