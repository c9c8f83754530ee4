import type { Locator, Page } from "@playwright/test";
import type { StaffAnswer } from "../src/lib/api/types";
import { expect, test } from "./support/test";
import { send } from "./support/api";
import { contextOf } from "./support/pages";
import { start } from "./support/staff";

const LONG_NAME = "Maria da Conceição Vasconcelos e Sousa de Albuquerque";

async function boxOf(element: Locator) {
  const box = await element.boundingBox();
  if (!box) throw new Error("the element can't be seen");
  return box;
}

/** Names with a word that stands on two lines, or cut without a title that says the whole. */
function broken(names: Element[]): string[] {
  return names
    .filter((name) => {
      if (name.scrollWidth > name.clientWidth + 1) return !name.getAttribute("title");
      const walker = document.createTreeWalker(name, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const word of (node.textContent ?? "").matchAll(/\S+/g)) {
          const range = document.createRange();
          range.setStart(node, word.index);
          range.setEnd(node, word.index + word[0].length);
          const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
          if (lines.size > 1) return true;
        }
      }
      return false;
    })
    .map((name) => name.textContent);
}

const SIZES = [
  [1024, 768],
  [1280, 800],
  [1920, 1080],
] as const;

test("the day shows whole columns, whole words, and every column's button", async ({
  browser,
  watch,
}) => {
  const context = await contextOf(browser, "reception");
  watch.over(context);
  const page = await context.newPage();
  await page.goto("/staff");
  await expect(page.locator("h2").first()).toBeVisible();
  const made = await send(context.request, "/api/staff/appointments", {
    specialty: "massage",
    new_patient: { full_name: LONG_NAME, phone: "+351912333444", language: "pt" },
  });
  expect(made.status()).toBe(201);
  const { id } = (await made.json()) as { id: string };
  await expect(page.getByRole("button", { name: LONG_NAME }).first()).toBeAttached();

  for (const [width, height] of SIZES) {
    await test.step(`${width}×${height}`, async () => {
      await page.setViewportSize({ width, height });
      await page.evaluate(() => document.fonts.ready);
      const columns = await page.locator("section").all();
      expect(columns.length).toBe(4);
      for (const column of columns) {
        const { x, width: wide } = await boxOf(column);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + wide).toBeLessThanOrEqual(width);
        expect(wide).toBeGreaterThanOrEqual(224);
        const step = await boxOf(column.locator("[data-next-step]"));
        expect(step.y + step.height).toBeLessThanOrEqual(height);
        expect(
          await column.locator("h2, li > button, article > button").evaluateAll(broken),
        ).toEqual([]);
      }
    });
  }
  // Nobody else's test meets this name in the queue.
  await send(context.request, `/api/staff/appointments/${id}/no-show`, {});
  await context.close();
  watch.check();
});

test("on a phone one column fills the width, and a strip of names leads to the others", async ({
  browser,
  watch,
}) => {
  const context = await contextOf(browser, "reception");
  watch.over(context);
  const page = await context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/staff");
  const strip = page.getByRole("navigation", { name: "Terapeutas" });
  await expect(strip.getByRole("button")).toHaveCount(4);
  await expect(page.locator("section").nth(0)).toBeInViewport({ ratio: 1 });
  await expect(page.locator("section").nth(2)).not.toBeInViewport();

  await strip.getByRole("button", { name: /^Marta/ }).click();

  await expect(page.locator("section").nth(2)).toBeInViewport({ ratio: 1 });
  await expect(page.locator("section").nth(2).locator("[data-next-step]")).toBeInViewport();
  await expect(strip.getByRole("button", { name: /^Marta/ })).toHaveAttribute(
    "aria-current",
    "true",
  );
  await context.close();
  watch.check();
});

test("two people at one visit: one call, and nobody's words are lost", async ({
  browser,
  watch,
}) => {
  const viewport = { width: 1440, height: 900 };
  const contexts = [
    await contextOf(browser, "reception", { viewport }),
    await contextOf(browser, "practitioner", { viewport }),
  ] as const;
  contexts.forEach((context) => watch.over(context));
  const desk = await contexts[0].newPage();
  const room = await contexts[1].newPage();
  const both = [desk, room];
  const made = await send(contexts[0].request, "/api/staff/appointments", {
    specialty: "massage",
    new_patient: { full_name: "Zulmira Xavier", phone: "+351912333445", language: "pt" },
  });
  const { id } = (await made.json()) as StaffAnswer;
  const open = async (page: Page) => {
    await page.locator(`[data-appointment="${id}"]`).click();
    await expect(page.getByRole("dialog")).toBeVisible();
  };
  const note = (page: Page) => page.getByLabel("Nota para a equipa");

  let arrived = 0;
  let release: () => void = () => undefined;
  const together = new Promise<void>((resolve) => (release = resolve));
  for (const page of both) {
    await page.goto("/staff?vista=clinica");
    await page.route(`**/${id}/call`, async (route) => {
      arrived += 1;
      if (arrived === both.length) release();
      await together;
      await route.continue();
    });
    await open(page);
  }
  await Promise.all(
    both.map((page) => page.getByRole("button", { name: "Chamar", exact: true }).click()),
  );
  const first = (page: Page) => page.getByText("Zulmira Xavier: no ecrã.");
  for (const page of both) {
    await expect(
      first(page).or(page.getByText(/Zulmira Xavier: chamado por/).first()),
    ).toBeVisible();
  }
  expect((await first(desk).count()) + (await first(room).count())).toBe(1);

  await Promise.all(both.map(open));
  await start(room);
  await expect(desk.getByText(/^Entretanto: iniciado por/)).toBeVisible();
  await open(room);
  await note(desk).fill("Vem de muletas.");
  await note(room).fill("Joelho direito.");
  await desk.getByRole("button", { name: "Guardar nota" }).click();
  await room.getByRole("button", { name: "Juntar as duas" }).click();
  await room.getByRole("button", { name: "Guardar nota" }).click();
  await expect(note(desk)).toHaveValue("Vem de muletas.\nJoelho direito.");

  const finished = await send(contexts[1].request, `/api/staff/appointments/${id}/finish`, {});
  expect(((await finished.json()) as StaffAnswer).call_number).toBe(1);
  await Promise.all(contexts.map((context) => context.close()));
  watch.check();
});
