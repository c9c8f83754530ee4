import { defineConfig } from "@playwright/test";
import { baseUrl, chromiumPath, CLINIC_ZONE } from "./e2e/support/settings";
import { CHROMIUM_FLAGS } from "./e2e/support/flags";

// The day promises answers within a second or two, and the check-in holds up the one process that
// looks at faces. The rest times nothing and meets nobody else's people, so that some may be at work
// at once (--workers=3).
const DAY = ["check-in.spec.ts", "journey.spec.ts"];

/**
 * The clinic as people use it, against a running demo: BASE_URL names it, DEMO_JSON its accounts.
 * One worker and no second try: a test that fails now and then is a failure.
 */
export default defineConfig({
  testDir: "e2e",
  outputDir: "../var/test/playwright",
  globalSetup: "./e2e/support/prepare.ts",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    baseURL: baseUrl(),
    locale: "pt-PT",
    timezoneId: CLINIC_ZONE,
    viewport: { width: 390, height: 844 },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      args: CHROMIUM_FLAGS,
      ...(chromiumPath() ? { executablePath: chromiumPath() } : {}),
    },
  },
  projects: [
    { name: "day", testMatch: DAY },
    { name: "looks", testIgnore: ["screenshots/**", ...DAY] },
    { name: "screenshots", testMatch: "screenshots/**", timeout: 240_000 },
  ],
});
