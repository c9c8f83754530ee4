import type { Page } from "@playwright/test";
import { violations } from "./support/axe";
import { expect, test } from "./support/test";
import { contextOf, SCREENS, show, still } from "./support/pages";
import { WALKS } from "./support/states";

// A trace of every page takes a quarter of the time; what is wrong is in the failure's own words.
test.use({ trace: "off" });

/** How many pixels a page is wider than its window: it has to reflow (WCAG 1.4.10). */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

for (const screen of SCREENS) {
  test(`no accessibility violation: ${screen.name}`, async ({ browser }) => {
    const context = await contextOf(browser, screen.who);
    const page = await context.newPage();
    await page.setViewportSize(
      screen.name.startsWith("display")
        ? { width: 1920, height: 1080 }
        : screen.name.startsWith("kiosk")
          ? { width: 1080, height: 1920 }
          : { width: 1280, height: 900 },
    );
    await show(page, screen);

    expect(await violations(page)).toEqual([]);
    if (screen.who !== "display" && screen.who !== "kiosk") {
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => sideways(page), "scrolls sideways on a phone").toBe(0);
    }
    await context.close();
  });
}

for (const walk of WALKS) {
  test(`no accessibility violation: ${walk.name}`, async ({ browser, watch }) => {
    const context = await contextOf(browser, walk.who, {
      viewport: walk.isWide ? { width: 1280, height: 900 } : { width: 390, height: 844 },
      reducedMotion: "reduce",
    });
    if (walk.language === "en") {
      await context.addInitScript(() => {
        if (location.protocol === "http:") localStorage.setItem("vez.language", "en");
      });
    }
    watch.over(context);
    const page = await context.newPage();
    await walk.prepare?.(page);
    await page.goto(walk.path);
    await page.locator("h1").first().waitFor();
    for (const [name, act] of walk.steps) {
      await test.step(name, async () => {
        await act?.(page);
        await still(page);
        expect(await violations(page), name).toEqual([]);
      });
    }
    await context.close();
    watch.check();
  });
}
