import { resolve } from "node:path";
import { test } from "../support/test";
import { StagedDisplay } from "../support/display-board";
import { contextOf } from "../support/pages";
import { DISPLAY_SCENES } from "../support/display-scenes";
import { KIOSK_SCENES } from "../support/kiosk-scenes";
import { StagedKiosk } from "../support/kiosk-stage";
import { ROOT } from "../support/settings";

const PANELS = [
  { width: 1920, height: 1080 },
  { width: 1080, height: 1920 },
  { width: 1366, height: 768 },
  { width: 3840, height: 2160 },
];
const KIOSKS = [
  { width: 1080, height: 1920 },
  { width: 1440, height: 900 },
  { width: 800, height: 1280 },
];
const SETTLE_MS = 400;

function file(name: string, { width, height }: { width: number; height: number }): string {
  return resolve(ROOT, "var/screenshots", `${name}-${width}x${height}.png`);
}

test.describe.configure({ timeout: 600_000 });

for (const size of PANELS) {
  test(`the display in every state at ${size.width}x${size.height}`, async ({ browser, watch }) => {
    for (const scene of DISPLAY_SCENES) {
      const stage = { ...scene.stage, size };
      const display = await StagedDisplay.open(browser, watch, scene.board(), stage);
      await scene.then?.(display);
      await display.page.waitForTimeout(SETTLE_MS);
      await display.page.screenshot({ path: file(`display-${scene.name}`, size) });
      await display.close();
    }
  });
}

for (const language of ["pt", "en"] as const) {
  test(`the kiosk in every state, on every panel, in ${language}`, async ({ browser, watch }) => {
    for (const size of KIOSKS) {
      for (const camera of ["painted", "missing"] as const) {
        const kiosk = await StagedKiosk.open(browser, watch, { size, language, camera });
        for (const scene of KIOSK_SCENES.filter(
          ({ blind }) => !!blind === (camera === "missing"),
        )) {
          await kiosk.rest();
          await scene.play(kiosk);
          await kiosk.page.waitForTimeout(SETTLE_MS);
          await kiosk.page.screenshot({ path: file(`kiosk-${language}-${scene.name}`, size) });
        }
        await kiosk.close();
      }
    }
  });
}

test("both when nobody has connected them yet", async ({ browser }) => {
  const context = await contextOf(browser, "visitor");
  const page = await context.newPage();
  for (const [name, sizes] of [
    ["display", PANELS],
    ["kiosk", KIOSKS],
  ] as const) {
    await page.goto(`/${name}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    for (const size of sizes) {
      await page.setViewportSize(size);
      await page.screenshot({ path: file(`${name}-pairing`, size) });
      await page.keyboard.type("123456");
      await page.getByText("não serve").waitFor();
      await page.screenshot({ path: file(`${name}-pairing-wrong`, size) });
    }
  }
  await context.close();
});
