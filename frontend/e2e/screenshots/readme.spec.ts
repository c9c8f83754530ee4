import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, test } from "../support/test";
import { contextOf, still, type Who } from "../support/pages";
import { chooseTreatment, choiceBar, multibancoReference, reserve } from "../support/patient";
import { ROOT } from "../support/settings";

interface Size {
  width: number;
  height: number;
}

const PHONE: Size = { width: 390, height: 844 };
const PANEL: Size = { width: 1280, height: 720 };
const DESK: Size = { width: 1440, height: 900 };
const DENSITY = 2;
const QUALITY = 0.9;

/** The README's four moments, from a demo that was started afresh, for `make pictures`. */
test.describe.configure({ mode: "serial" });

test("a time is chosen, and paid for, on a phone", async ({ browser }) => {
  const page = await sharp(browser, "patient", PHONE);
  await page.goto("/");
  await chooseTreatment(page, "Massagem");
  const days = page.getByRole("radiogroup", { name: "Em que dia?" }).locator("label");
  await days.nth(1).click();
  await page.getByText("10:30", { exact: true }).click();
  await page.getByText("Sem preferência", { exact: true }).evaluate((therapists) => {
    window.scrollTo({ top: therapists.getBoundingClientRect().top + window.scrollY - 24 });
  });
  await take(page, "booking");

  await expect(choiceBar(page)).toBeVisible();
  await reserve(page);
  await expect(page).toHaveURL(/\/pay\//);
  await multibancoReference(page);
  await take(page, "payment");
  await page.context().close();
});

test("somebody is called: in the waiting room, and on the staff's day", async ({ browser }) => {
  const staff = await sharp(browser, "reception", DESK);
  const display = await sharp(browser, "display", PANEL);
  await staff.goto("/staff");
  await display.goto("/display");
  await display.locator(".clock").waitFor();
  await display.mouse.click(10, 10);

  const room = staff.getByRole("region").filter({ hasText: "Gabinete 4" });
  await room.getByRole("button", { name: /^Terminar/ }).click();
  await room.getByRole("button", { name: /^Chamar/ }).click();
  await expect(room.getByText(/^Chamad[oa] agora/)).toBeVisible();
  await expect(display.locator(".call")).toContainText("Gabinete");
  await take(display, "display");
  await take(staff, "staff");
  await staff.context().close();
  await display.context().close();
});

async function sharp(browser: Browser, who: Who, viewport: Size): Promise<Page> {
  const context = await contextOf(browser, who, { viewport, deviceScaleFactor: DENSITY });
  return context.newPage();
}

/** Kept as WebP, which is a third of a PNG; the browser makes it, since Playwright doesn't. */
async function take(page: Page, name: string): Promise<void> {
  await still(page);
  const png = await page.screenshot({ animations: "disabled", caret: "hide" });
  const studio = await page.context().newPage();
  const webp = await studio.evaluate(
    async ({ png, quality }) => {
      const picture = await fetch(`data:image/png;base64,${png}`).then((one) => one.blob());
      const bitmap = await createImageBitmap(picture);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/webp", quality });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    },
    { png: png.toString("base64"), quality: QUALITY },
  );
  await studio.close();
  writeFileSync(resolve(ROOT, "docs/pictures", `${name}.webp`), Buffer.from(webp, "base64"));
}
