import type { Page, WebSocketRoute } from "@playwright/test";
import type { Visit } from "../src/lib/api/types";
import { expect, test } from "./support/test";
import { showVisit, visit, VISIT_PATH } from "./support/bodies";
import { contextOf } from "./support/pages";

interface Told {
  notices: [title: string, body: string | undefined, tag: string | undefined][];
  notes: number;
  vibrations: number;
}

/** Counts what the page asks of the phone, and lets the phone do it. */
async function countAlerts(page: Page): Promise<() => Promise<Told>> {
  await page.addInitScript(() => {
    const told: Told = { notices: [], notes: 0, vibrations: 0 };
    (window as unknown as { told: Told }).told = told;
    window.AudioContext = class extends AudioContext {
      override createOscillator() {
        told.notes += 1;
        return super.createOscillator();
      }
    };
    navigator.vibrate = () => {
      told.vibrations += 1;
      return true;
    };
    window.Notification = class extends Notification {
      constructor(title: string, options: NotificationOptions = {}) {
        super(title, options);
        if (title) told.notices.push([title, options.body, options.tag]);
      }
    };
  });
  return () => page.evaluate(() => (window as unknown as { told: Told }).told);
}

/** The patient's page, and what makes the socket say something new. */
async function openVisit(page: Page, first: Partial<Visit>) {
  let now = visit(first);
  let socket: WebSocketRoute | null = null;
  await showVisit(page, { status: "arrived" });
  await page.routeWebSocket(/\/ws\/me/, (opened) => {
    socket = opened;
    opened.send(JSON.stringify(now));
  });
  const told = await countAlerts(page);
  await page.goto(VISIT_PATH);
  await page.locator("h1").waitFor();
  const say = (next: Partial<Visit>) => {
    now = visit({ ...next, revision: now.revision + 1 });
    socket?.send(JSON.stringify(now));
  };
  return { told, say };
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const call = (call_number: number, seconds = 0): Partial<Visit> => ({
  status: "called",
  position: null,
  wait: null,
  call_number,
  called_at: secondsAgo(seconds),
});

test("it's your turn: heard, felt and shown, once for every call", async ({ browser, watch }) => {
  const context = await contextOf(browser, "patient", {
    permissions: ["notifications"],
    viewport: { width: 390, height: 844 },
  });
  watch.over(context);
  const page = await context.newPage();
  const { told, say } = await openVisit(page, {});
  await expect(page.getByText("O telemóvel também mostra um aviso.")).toBeVisible();
  await page.getByRole("heading", { level: 1 }).click();
  await expect(page.getByText("Toque uma vez no ecrã")).toHaveCount(0);

  say(call(1));
  await expect(page.getByRole("heading", { name: "É a sua vez" })).toBeVisible();
  await expect(page).toHaveTitle("É a sua vez — Gabinete 3");
  const first = ["É a sua vez", "Gabinete 3", "vez-A014-1"];
  await expect.poll(told).toEqual({ notices: [first], notes: 2, vibrations: 1 });

  say(call(1, 5));
  say(call(2));
  await expect(page.getByText("2.ª chamada")).toBeVisible();
  const second = ["É a sua vez", "Gabinete 3", "vez-A014-2"];
  await expect.poll(told).toEqual({ notices: [first, second], notes: 4, vibrations: 2 });

  await context.close();
  watch.check();
});

test("a page that opens on an old call is silent; a switched-off sound stays off", async ({
  browser,
  watch,
}) => {
  const context = await contextOf(browser, "patient", { permissions: [] });
  watch.over(context);
  const page = await context.newPage();
  const { told, say } = await openVisit(page, call(1, 90));
  await expect(page.getByRole("heading", { name: "É a sua vez" })).toBeVisible();
  expect(await told()).toEqual({ notices: [], notes: 0, vibrations: 0 });

  say({ status: "arrived", call_number: 1 });
  await page.getByText("Som ligado").click();
  await expect(page.getByRole("switch", { name: "Som desligado" })).not.toBeChecked();
  await page.reload();
  await expect(page.getByRole("switch", { name: "Som desligado" })).toBeVisible();
  await expect(page.getByText("Os avisos estão bloqueados.")).toBeVisible();
  await page.getByText("Quando for a sua vez").click();

  say(call(2));
  await expect(page.getByRole("heading", { name: "É a sua vez" })).toBeVisible();
  await expect.poll(told).toEqual({ notices: [], notes: 0, vibrations: 1 });

  await context.close();
  watch.check();
});
