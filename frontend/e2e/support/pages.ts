import {
  expect,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "@playwright/test";
import { login } from "./patient";
import { baseUrl, CLINIC_ZONE, demo, type Role } from "./settings";

export type Who = "visitor" | Role | "display" | "kiosk";

interface Screen {
  name: string;
  path: string;
  who: Who;
  /** A selector that is there once the page has its data. */
  ready: string;
}

/** Every screen of the product, with who sees it. */
export const SCREENS: readonly Screen[] = [
  { name: "booking", path: "/", who: "visitor", ready: "h1" },
  { name: "login", path: "/entrar", who: "visitor", ready: "form" },
  { name: "register", path: "/registar", who: "visitor", ready: "form" },
  { name: "login-by-code", path: "/entrar/codigo", who: "visitor", ready: "form" },
  { name: "recover", path: "/recuperar", who: "visitor", ready: "form" },
  { name: "appointments", path: "/consultas", who: "patient", ready: "h1" },
  { name: "invoices", path: "/faturas", who: "patient", ready: "h1" },
  { name: "account", path: "/eu", who: "patient", ready: "h1" },
  { name: "details", path: "/eu/dados", who: "patient", ready: "form" },
  { name: "sessions", path: "/eu/sessoes", who: "patient", ready: "li" },
  { name: "password", path: "/eu/palavra-passe", who: "patient", ready: "form" },
  { name: "face", path: "/eu/rosto", who: "patient", ready: "h1" },
  { name: "staff-login", path: "/staff", who: "visitor", ready: "form" },
  { name: "staff", path: "/staff", who: "reception", ready: "h2" },
  { name: "staff-agenda", path: "/staff/agenda", who: "reception", ready: "h2" },
  { name: "staff-account", path: "/staff/conta", who: "reception", ready: "form" },
  { name: "staff-screens", path: "/staff/ecras", who: "reception", ready: "h1" },
  { name: "staff-money", path: "/staff/dinheiro", who: "manager", ready: "dl" },
  {
    name: "staff-money-documents",
    path: "/staff/dinheiro?vista=documentos",
    who: "manager",
    ready: "h2",
  },
  { name: "staff-privacy", path: "/staff/privacidade", who: "manager", ready: "dl" },
  { name: "display-pairing", path: "/display", who: "visitor", ready: "h1" },
  { name: "display", path: "/display", who: "display", ready: ".clock" },
  { name: "kiosk-pairing", path: "/kiosk", who: "visitor", ready: "h1" },
  { name: "kiosk", path: "/kiosk", who: "kiosk", ready: "h1" },
  { name: "sandbox", path: "/sandbox", who: "visitor", ready: "h1" },
];

type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** Who has logged in once: later contexts go on in that session. */
const sessions = new Map<Who, Session>();

/** A browser in which that person, or that paired device, is at work. */
export async function contextOf(
  browser: Browser,
  who: Who,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: baseUrl(),
    locale: "pt-PT",
    timezoneId: CLINIC_ZONE,
    storageState: sessions.get(who),
    ...options,
  });
  if (who === "display" || who === "kiosk") {
    await context.addCookies([
      { name: `vez_device-${who}`, value: demo().devices[who].token, url: baseUrl() },
    ]);
  } else if (who !== "visitor" && !sessions.has(who)) {
    const page = await context.newPage();
    const { username, password } = demo().accounts[who];
    await page.goto(who === "patient" ? "/entrar" : "/staff");
    await login(page, username, password);
    await page.locator("form").waitFor({ state: "detached" });
    await page.close();
    sessions.set(who, await context.storageState());
  }
  return context;
}

/** Waits until nothing is being fetched for the first time and nothing moves. */
export async function still(page: Page): Promise<void> {
  await expect(page.locator("[class*=skeleton]")).toHaveCount(0);
  await page.evaluate(async () => {
    await document.fonts.ready;
    const moves = document.getAnimations().filter((one) => one.playState === "running");
    await Promise.allSettled(
      moves
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished),
    );
  });
}

export async function show(page: Page, screen: Screen): Promise<void> {
  await page.goto(screen.path);
  await page.locator(screen.ready).first().waitFor();
  await page.waitForLoadState("load");
  await still(page);
}
