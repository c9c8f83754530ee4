import type { Page } from "@playwright/test";
import { expect, test } from "./support/test";
import { violations } from "./support/axe";
import { called, LONG_NAME, StagedDisplay, waiting } from "./support/display-board";
import { DISPLAY_SCENES } from "./support/display-scenes";
import { contextOf } from "./support/pages";
import { openDisplay, pairDisplay } from "./support/screens";
import { expectPaired, pairingCode } from "./support/staff";

// Of so many screens a trace would take longer than to look at them.
test.use({ trace: "off" });

const PANELS = [
  { width: 1920, height: 1080 },
  { width: 1080, height: 1920 },
  { width: 1366, height: 768 },
  { width: 3840, height: 2160 },
];

test("every state is accessible", async ({ browser, watch }) => {
  test.setTimeout(120_000);
  const size = { width: 1920, height: 1080 };
  let display = await StagedDisplay.open(browser, watch, [], { size });
  for (const scene of DISPLAY_SCENES) {
    await test.step(scene.name, async () => {
      if (scene.stage) {
        await display.close();
        display = await StagedDisplay.open(browser, watch, [], { ...scene.stage, size });
      }
      await display.show(scene.board());
      await scene.then?.(display);
      if (scene.says) await expect(display.page.getByText(scene.says)).toBeVisible();
      expect(await violations(display.page), scene.name).toEqual([]);
      if (scene.then || scene.stage) {
        await display.close();
        display = await StagedDisplay.open(browser, watch, [], { size });
      }
    });
  }
  await display.close();
});

/** Texts that leave the box they stand in, or are cut off in it without an ellipsis. */
function spilt(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const texts = Array.from(
      document.querySelectorAll<HTMLElement>(".call p, .before span, .next li:not(.beyond) span"),
    );
    return texts
      .filter((text) => {
        const home = text.closest(".call, li")?.getBoundingClientRect();
        const box = text.getBoundingClientRect();
        const style = getComputedStyle(text);
        const isCut = text.scrollWidth > text.clientWidth + 1 && style.textOverflow !== "ellipsis";
        if (style.display === "none") return false;
        return (
          !home ||
          box.left < home.left - 1 ||
          box.right > home.right + 1 ||
          box.top < home.top - 1 ||
          box.bottom > home.bottom + 1 ||
          (style.display !== "inline" && isCut)
        );
      })
      .map((text) => `${text.className}: ${text.innerText}`);
  });
}

function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const parts = Array.from(
      document.querySelectorAll(
        ".call-ticket, .call-label, .call-room-word, .call-room-name, .call-room-words",
      ),
    ).map((element) => ({ name: element.className, box: element.getBoundingClientRect() }));
    return parts.flatMap((one, place) =>
      parts
        .slice(place + 1)
        .filter(
          ({ box }) =>
            box.left < one.box.right - 1 &&
            box.right > one.box.left + 1 &&
            box.top < one.box.bottom - 1 &&
            box.bottom > one.box.top + 1,
        )
        .map((other) => `${one.name} over ${other.name}`),
    );
  });
}

function fontSize(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
}

function lines(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .evaluate((element) =>
      Math.round(element.clientHeight / parseFloat(getComputedStyle(element).lineHeight)),
    );
}

function hiddenLines(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => {
    const hidden = element.scrollHeight - element.clientHeight;
    return Math.round(hidden / parseFloat(getComputedStyle(element).lineHeight));
  });
}

/** By how many pixels, fractions too, the text on one line is wider than the place it has. */
function wantedWidth(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => {
    const free = element.cloneNode(true) as HTMLElement;
    free.style.cssText += "position: absolute; display: inline-block; max-width: none";
    element.parentElement?.append(free);
    const wanted = free.getBoundingClientRect().width;
    free.remove();
    return wanted - element.getBoundingClientRect().width;
  });
}

test("a long name gives way to ticket and room, and nothing runs over", async ({
  browser,
  watch,
}) => {
  test.setTimeout(120_000);
  const call = { ticket: "A016", room: "3" };
  for (const size of PANELS) {
    const short = [called(1, { ...call, label: "João M." }), ...waiting(3)];
    const display = await StagedDisplay.open(browser, watch, short, { size });
    const { page } = display;
    const ticket = await fontSize(page, ".call-ticket");
    const room = await fontSize(page, ".call-room-name");

    expect(await wantedWidth(page, ".call-label")).toBeLessThanOrEqual(0);

    await display.show([called(1, { ...call, label: LONG_NAME }), ...waiting(3)]);

    await expect(page.locator(".call-label")).toHaveText(LONG_NAME);
    expect(await fontSize(page, ".call-ticket")).toBe(ticket);
    expect(await fontSize(page, ".call-room-name")).toBe(room);
    expect(await lines(page, ".call-label")).toBe(2);
    // All of it is there: shrinking comes before an ellipsis.
    expect(await hiddenLines(page, ".call-label")).toBe(0);

    for (const scene of DISPLAY_SCENES.filter(({ crowded }) => crowded)) {
      await display.show(scene.board());
      expect(await spilt(page), `${scene.name} ${size.width}`).toEqual([]);
      expect(await overlaps(page), `${scene.name} ${size.width}`).toEqual([]);
    }
    await display.close();
  }
});

test("those who have no place in the list are counted", async ({ browser, watch }) => {
  const display = await StagedDisplay.open(browser, watch, waiting(30), {
    size: { width: 1920, height: 1080 },
  });
  const { page } = display;
  const shown = await page.locator(".next li:visible").count();

  expect(shown).toBeGreaterThanOrEqual(8);
  await expect(page.getByText(`e mais ${30 - shown} em espera`)).toBeVisible();
  await display.close();
});

test("a new call is spoken once after the chime, one that stood already never", async ({
  browser,
  watch,
}) => {
  const old = called(2, { ticket: "A014", room: "1", label: "João M." });
  const fresh = called(0, { ticket: "A015", room: "2", label: "Helena V." });
  const display = await StagedDisplay.open(browser, watch, [old]);
  const { page } = display;
  const asked: string[] = [];
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith("/api/announcements/")) asked.push(path);
  });
  const heard = await page.evaluateHandle(() => {
    const sounds: { at: number; what: string }[] = [];
    const note = (what: string) => sounds.push({ at: performance.now(), what });
    type Start<Node> = (this: Node, when?: number) => void;
    const chime = Reflect.get(OscillatorNode.prototype, "start") as Start<OscillatorNode>;
    const clip = Reflect.get(
      AudioBufferSourceNode.prototype,
      "start",
    ) as Start<AudioBufferSourceNode>;
    OscillatorNode.prototype.start = function (when) {
      note("note");
      chime.call(this, when);
    };
    AudioBufferSourceNode.prototype.start = function () {
      note((this.buffer?.duration ?? 0) > 1 ? "words" : "nothing");
      clip.call(this);
    };
    return sounds;
  });
  await expect(page.getByText("sem som")).toBeHidden();

  await display.show([old, fresh]);
  await expect.poll(() => heard.evaluate((sounds) => sounds.length)).toBe(3);
  await display.show([old, { ...fresh, label: "A015" }]);
  await display.show([{ ...old, call_number: 2 }, fresh]);
  await expect.poll(() => heard.evaluate((sounds) => sounds.length), { timeout: 15_000 }).toBe(6);

  const sounds = await heard.evaluate((all) => all);
  expect(sounds.map(({ what }) => what)).toEqual([
    "note",
    "note",
    "words",
    "note",
    "note",
    "words",
  ]);
  expect(asked).toEqual(["/api/announcements/A015/2", "/api/announcements/A014/1"]);
  // Chime, then 0.7 s, then the words; and the next call waits until they are said.
  expect((sounds[2]?.at ?? 0) - (sounds[0]?.at ?? 0)).toBeGreaterThan(2000);
  expect((sounds[3]?.at ?? 0) - (sounds[2]?.at ?? 0)).toBeGreaterThan(2000);

  // Of other rooms than its own it says nothing and shows nothing; in quiet hours it shows only.
  const elsewhere = called(0, { ticket: "A016", room: "3", label: "Tomás Q." });
  const here = called(0, { ticket: "A017", room: "1", label: "Hannah W." });
  await display.set({ rooms: ["1"] });
  await display.show([old, fresh, elsewhere]);
  await expect(page.getByText("João M.")).toBeVisible();
  await expect(page.getByText("Tomás Q.")).toBeHidden();
  await display.set({ quiet: { starts: "00:00", ends: "23:59" } });
  await display.show([old, fresh, elsewhere, here]);
  await expect(page.getByText("Hannah W.")).toBeVisible();
  await page.waitForTimeout(500);
  expect(await heard.evaluate((all) => all.length)).toBe(6);
  expect(asked).toHaveLength(2);

  // A device that was disconnected shows nobody, even where it can't ask what has happened.
  await display.end();
  await expect(page.getByText("Hannah W.")).toBeHidden();
  await expect(page.getByText("A ligar…")).toBeVisible();
  await display.close();
});

test("a new version is taken when nobody is being called, and not before", async ({
  browser,
  watch,
}) => {
  const call = called(0, { ticket: "A014", room: "1", label: "João M." });
  const display = await StagedDisplay.open(browser, watch, [call]);
  const { page } = display;
  let version = "0123456789ab";
  let loads = 0;
  page.on("load", () => {
    loads += 1;
  });
  await page.route("**/version.json", (route) => route.fulfill({ json: { version } }));
  await page.reload();
  await expect(page.getByText("João M.")).toBeVisible();
  expect(loads).toBe(1);

  version = "ba9876543210";
  const asked = page.waitForResponse("**/version.json");
  await page.clock.fastForward(5 * 60_000);
  await asked;
  await page.waitForTimeout(500);
  expect(loads).toBe(1);

  await display.show([{ ...call, state: "in_room" }]);
  await expect.poll(() => loads).toBe(2);
  await expect(page.getByText("De momento não há chamadas")).toBeVisible();
  await display.close();
});

test("a page that isn't handed out is never taken, and one that broke comes back by itself", async ({
  browser,
  watch,
}) => {
  const display = await StagedDisplay.open(browser, watch, []);
  const { page } = display;
  let loads = 0;
  page.on("load", () => {
    loads += 1;
  });
  let version = "0123456789ab";
  await page.route("**/version.json", (route) => route.fulfill({ json: { version } }));
  await page.reload();
  await expect(page.getByText("De momento não há chamadas")).toBeVisible();
  let isServed = false;
  await page.route("**/display", (route) =>
    isServed ? route.fallback() : route.fulfill({ status: 502, body: "502 Bad Gateway" }),
  );
  const refusedAfter = async (seconds: number) => {
    const refusal = page.waitForResponse("**/display");
    await page.clock.fastForward(seconds * 1000);
    watch.forgive(`${(await refusal).status()} ${page.url()}`);
  };

  version = "ba9876543210";
  await refusedAfter(5 * 60);
  await expect(page.locator(".clock")).toBeVisible();
  await page.evaluate(() => {
    Intl.DateTimeFormat.prototype.formatToParts = () => {
      throw new Error("broken");
    };
  });
  await page.clock.runFor(1000);
  await expect(page.getByText("Aguarde indicação da receção")).toBeVisible();
  await refusedAfter(10);
  await expect(page.getByText("Aguarde indicação da receção")).toBeVisible();
  expect(loads).toBe(1);

  isServed = true;
  await page.clock.fastForward(10_000);
  await expect(page.getByText("De momento não há chamadas")).toBeVisible();
  await expect.poll(() => loads).toBe(2);
  await display.close();
});

test("staff see how a screen is, set it up from afar, and disconnect it at once", async ({
  browser,
  open,
}) => {
  const context = await contextOf(browser, "reception");
  const staff = await context.newPage();
  const display = await open();
  await staff.goto("/staff");
  const name = `Sala ${String(Date.now()).slice(-6)}`;
  const code = await pairingCode(staff, "display", name);
  await openDisplay(display);
  await pairDisplay(display, code);
  await expectPaired(staff, name);
  const row = staff.getByRole("listitem").filter({ hasText: name });
  await expect(row.getByText(/^visto (agora|há \d0 s)/)).toBeVisible();
  await expect(row.getByText("1920 × 1080")).toBeVisible({ timeout: 15_000 });

  let loads = 0;
  display.on("load", () => {
    loads += 1;
  });
  await row.getByRole("button", { name: "Definições" }).click();
  const dialog = staff.getByRole("dialog");
  await dialog.getByLabel("Ecrã (polegadas)").fill("4");
  await dialog.getByLabel("Lugar mais afastado").fill("4,5");
  await dialog.getByRole("button", { name: "Guardar" }).click();
  await expect(dialog.getByText("É muito pouco.")).toBeVisible();
  expect(await violations(staff)).toEqual([]);
  await dialog.getByLabel("Ecrã (polegadas)").fill("43");
  await dialog.getByText("Horário silencioso").click();
  await dialog.getByLabel("Das", { exact: true }).first().fill("00:00");
  await dialog.getByLabel("Às", { exact: true }).first().fill("23:59");
  await dialog.getByRole("button", { name: "Guardar" }).click();
  await expect(dialog).toBeHidden();

  await expect(display.getByText("sem som: horário silencioso")).toBeVisible();
  await expect(display.locator(".far")).toBeVisible();
  await expect(row.getByText("horário silencioso")).toBeVisible({ timeout: 20_000 });
  expect(await violations(staff)).toEqual([]);

  await row.getByRole("button", { name: "Desligar" }).click();
  await staff.getByRole("alertdialog").getByRole("button", { name: "Desligar" }).click();
  await expect(display.getByRole("heading", { name: "Ligar este ecrã" })).toBeVisible();
  await expect(display.locator(".display")).toBeHidden();
  expect(loads).toBe(0);
  await context.close();
});
