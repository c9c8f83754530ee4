import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "./support/test";
import { contextOf, SCREENS, show } from "./support/pages";

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

    const { violations } = await new AxeBuilder({ page }).analyze();

    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`,
    );
    expect(found).toEqual([]);
    await context.close();
  });
}
