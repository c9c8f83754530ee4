import { resolve } from "node:path";
import { test } from "../support/test";
import { contextOf, SCREENS, show } from "../support/pages";
import { ROOT } from "../support/settings";

const PHONE = { name: "phone", width: 390, height: 844 };
const DESKTOP = { name: "desktop", width: 1440, height: 900 };
const TABLET = { name: "tablet", width: 1024, height: 768 };
const TV = { name: "tv", width: 1920, height: 1080 };
const UPRIGHT = { name: "upright", width: 1080, height: 1920 };

function sizesOf(name: string) {
  if (name.startsWith("display")) return [TV, UPRIGHT];
  if (name.startsWith("kiosk")) return [UPRIGHT, DESKTOP];
  if (name.startsWith("staff")) return [DESKTOP, TABLET, PHONE];
  return [PHONE, DESKTOP];
}

test("every screen, at every size that it is made for", async ({ browser }) => {
  for (const screen of SCREENS) {
    const context = await contextOf(browser, screen.who);
    const page = await context.newPage();
    for (const { name, width, height } of sizesOf(screen.name)) {
      await page.setViewportSize({ width, height });
      await show(page, screen);
      await page.screenshot({
        path: resolve(ROOT, "var/screenshots", `${screen.name}-${name}.png`),
      });
    }
    await context.close();
  }
});
