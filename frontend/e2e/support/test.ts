import { test as base, type BrowserContext, type Page } from "@playwright/test";

/** Errors that a page must never have, whatever a test looks at. */
export class Watch {
  readonly found: string[] = [];

  over(context: BrowserContext): void {
    context.on("weberror", (error) =>
      this.found.push(error.error().stack ?? String(error.error())),
    );
    context.on("console", (message) => {
      if (message.type() === "error" && /content security policy/i.test(message.text())) {
        this.found.push(message.text());
      }
    });
    context.on("response", (response) => {
      if (response.status() >= 500) this.found.push(`${response.status()} ${response.url()}`);
    });
  }

  /** Takes back one answer that the test provoked; it has to have come. */
  forgive(answer: string): void {
    const at = this.found.indexOf(answer);
    if (at < 0) throw new Error(`nothing to forgive: no ${answer}`);
    this.found.splice(at, 1);
  }

  check(): void {
    const found = this.found.splice(0);
    if (found.length) throw new Error(`pages had errors:\n${found.join("\n")}`);
  }
}

interface Fixtures {
  /** Opens a page in a context of its own: another person at another device. */
  open: (
    options?: Parameters<import("@playwright/test").Browser["newContext"]>[0],
  ) => Promise<Page>;
}

interface WorkerFixtures {
  watch: Watch;
}

/** Playwright's test, which also fails on an uncaught error, a refused script or a 5xx anywhere. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  watch: [
    async ({}, use) => {
      await use(new Watch());
    },
    { scope: "worker" },
  ],
  context: async ({ context, watch }, use) => {
    watch.over(context);
    await use(context);
    watch.check();
  },
  open: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      watch.over(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
    watch.check();
  },
});

export { expect } from "@playwright/test";
