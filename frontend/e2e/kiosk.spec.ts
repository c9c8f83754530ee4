import type { Page } from "@playwright/test";
import { expect, test } from "./support/test";
import { violations } from "./support/axe";
import { Desk } from "./support/kiosk-desk";
import { KIOSK_SCENES } from "./support/kiosk-scenes";
import { CODE, StagedKiosk } from "./support/kiosk-stage";
import { contextOf } from "./support/pages";
import { newPerson } from "./support/people";

// Of so many screens a trace would take longer than to look at them.
test.use({ trace: "off" });

const SIZES = [
  { width: 1440, height: 900 },
  { width: 800, height: 1280 },
  { width: 1080, height: 1920 },
];
const OFFERED_ON = [
  { width: 1080, height: 1920 },
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
/** Looked at elsewhere, or not different enough for another look. */
const SEEN = ["rest", "code-typed", "arrived-ticket"];
const IN_ENGLISH = ["arrived-long", "wrong-code", "old-code", "confirm-code"];
/** One of a thousand million: as good as never given to anybody. */
const WRONG_CODE = "ZZ99ZZ";

async function typeCode(page: Page, code: string): Promise<void> {
  for (const character of code) {
    await page.getByRole("button", { name: character, exact: true }).click();
  }
}

test("arrives by the code of the SMS, after a wrong one", async ({ browser, watch }) => {
  const person = newPerson();
  const desk = await Desk.open(browser);
  const { id, code } = await desk.bookToday(person);
  const context = await contextOf(browser, "kiosk");
  watch.over(context);
  const page = await context.newPage();
  await page.setViewportSize({ width: 1080, height: 1920 });
  await page.goto("/kiosk");
  await page.getByRole("button", { name: /Tenho um código/ }).click();

  await typeCode(page, WRONG_CODE);
  await expect(page.getByText("O código não está certo.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Escreva o código do SMS" })).toBeVisible();
  await expect(page.locator(".typed")).toHaveText("");

  await typeCode(page, code);
  await expect(page.getByText("Chegada registada")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.label);
  const fact = (term: string) => page.locator("dl > div").filter({ hasText: term }).locator("dd");
  await expect(fact("Senha")).toHaveText(/^A\d{3}$/);
  await expect(fact("Gabinete")).toHaveText(/^\d$/);
  await expect(fact("Espera")).toHaveText(/min|a qualquer momento/);

  await desk.sendHome(id);
  await desk.close();
  await context.close();
});

test("the code is offered as the face is: as large, and for as many taps", async ({
  browser,
  watch,
}) => {
  const kiosk = await StagedKiosk.open(browser, watch);
  const offer = async (name: RegExp) => {
    const box = await kiosk.page.getByRole("button", { name }).boundingBox();
    return box && { y: box.y, width: box.width, height: box.height };
  };
  for (const size of OFFERED_ON) {
    await kiosk.page.setViewportSize(size);
    const face = await offer(/Reconhecer-me/);
    expect(face?.height).toBeGreaterThan(60);
    expect(await offer(/Tenho um código/), `${size.width}`).toEqual(face);
  }

  const taps: Record<string, number> = {};
  for (const [way, arrive] of [
    ["face", () => kiosk.byFace()],
    ["qr", () => kiosk.byQr()],
    ["typed", () => kiosk.byTappedCode()],
  ] as const) {
    await kiosk.rest();
    kiosk.answers("arrived", { label: "João M.", ticket: "A014", room: "3" });
    await arrive();
    await expect(kiosk.page.getByText("Chegada registada")).toBeVisible();
    taps[way] = await kiosk.taps();
  }
  expect(taps).toEqual({ face: 1, qr: 1, typed: 1 + CODE.length });
  await kiosk.close();
});

test("a camera that never answers: the code is offered after 8 s", async ({ browser, watch }) => {
  const kiosk = await StagedKiosk.open(browser, watch, { camera: "silent" });
  const { page } = kiosk;
  await kiosk.chooseFace();
  await expect(page.getByText("A ligar a câmara…")).toBeVisible();

  await page.clock.runFor(8_000);

  await expect(page.getByRole("heading", { name: "A câmara não está disponível" })).toBeVisible();
  await page.getByRole("button", { name: "Tenho um código" }).click();
  await expect(page.locator(".keypad")).toBeVisible();
  await kiosk.close();
});

/** What is cut off, or has to be scrolled to: on this panel nobody would find it. */
function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const stage = document.querySelector(".stage");
    if (!stage) return ["no stage"];
    const { top, bottom } = stage.getBoundingClientRect();
    const { innerWidth } = window;
    return Array.from(stage.querySelectorAll("h1, p, dd, dt, button"))
      .filter((element) => {
        const box = element.getBoundingClientRect();
        return (
          box.top < top - 1 || box.bottom > bottom + 1 || box.left < 0 || box.right > innerWidth
        );
      })
      .map((element) => `${element.className}: ${(element as HTMLElement).innerText}`);
  });
}

for (const language of ["pt", "en"] as const) {
  test(`whatever it answers is accessible and on the screen, in ${language}`, async ({
    browser,
    watch,
  }) => {
    test.setTimeout(180_000);
    for (const camera of ["painted", "missing"] as const) {
      const scenes = KIOSK_SCENES.filter(
        ({ name, blind }) =>
          !!blind === (camera === "missing") &&
          (language === "pt" ? !SEEN.includes(name) : IN_ENGLISH.includes(name)),
      );
      if (!scenes.length) continue;
      const kiosk = await StagedKiosk.open(browser, watch, { language, camera });
      for (const scene of scenes) {
        await test.step(scene.name, async () => {
          await kiosk.rest();
          await scene.play(kiosk);
          if (scene.says) await expect(kiosk.page.getByText(scene.says[language])).toBeVisible();
          expect(await violations(kiosk.page), scene.name).toEqual([]);
          for (const size of SIZES) {
            await kiosk.page.setViewportSize(size);
            expect(await outside(kiosk.page), `${scene.name} ${size.width}`).toEqual([]);
          }
        });
      }
      await kiosk.close();
    }
  });
}
