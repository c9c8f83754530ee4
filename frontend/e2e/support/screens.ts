import { expect, type Page, type Request } from "@playwright/test";
import { FilmedBrowser } from "./camera";
import { baseUrl, CLINIC_ZONE } from "./settings";
import type { Watch } from "./test";

export const TV = { width: 1920, height: 1080 };
export const UPRIGHT = { width: 1080, height: 1920 };

/** A kiosk of flesh and glass: its own browser, whose camera shows a film. */
export class Kiosk {
  private constructor(
    private readonly filmed: FilmedBrowser,
    readonly page: Page,
  ) {}

  static async start(film: string, watch: Watch): Promise<Kiosk> {
    const filmed = await FilmedBrowser.start(film);
    const context = await filmed.browser.newContext({
      baseURL: baseUrl(),
      locale: "pt-PT",
      timezoneId: CLINIC_ZONE,
      viewport: UPRIGHT,
      permissions: ["camera"],
    });
    watch.over(context);
    const page = await context.newPage();
    await page.goto("/kiosk");
    return new Kiosk(filmed, page);
  }

  /** At rest again, with somebody else in front of it. */
  async sees(film: string): Promise<void> {
    this.filmed.shows(film);
    await this.page.goto("/kiosk");
  }

  async pair(code: string): Promise<void> {
    await expect(this.page.getByRole("heading", { name: "Ligar este quiosque" })).toBeVisible();
    for (const digit of code) {
      await this.page.getByRole("button", { name: digit, exact: true }).click();
    }
    await expect(this.page.getByRole("button", { name: /Reconhecer-me/ })).toBeVisible();
  }

  /** Asks to be recognised; gives the moment, by this machine's clock, at which the picture left. */
  async showFace(): Promise<number> {
    const sent = this.page.waitForRequest(isCheckIn, { timeout: 15_000 });
    await this.page.getByRole("button", { name: /Reconhecer-me/ }).click();
    const request = await sent;
    await request.response();
    return request.timing().startTime;
  }

  async typeCode(code: string): Promise<void> {
    await this.page.getByRole("button", { name: /Tenho um código/ }).click();
    for (const character of code) {
      await this.page.getByRole("button", { name: character, exact: true }).click();
    }
  }

  /** What the kiosk says when somebody has arrived. */
  async arrival(): Promise<{ label: string; ticket: string; room: string }> {
    await expect(this.page.getByText("Chegada registada")).toBeVisible();
    const fact = (term: string) =>
      this.page.locator("dl > div").filter({ hasText: term }).locator("dd").innerText();
    return {
      label: await this.page.getByRole("heading", { level: 1 }).innerText(),
      ticket: await fact("Senha"),
      room: await fact("Gabinete"),
    };
  }

  close(): Promise<void> {
    return this.filmed.close();
  }
}

function isCheckIn(request: Request): boolean {
  return request.method() === "POST" && new URL(request.url()).pathname === "/api/check-ins";
}

export async function openDisplay(page: Page): Promise<void> {
  await page.setViewportSize(TV);
  await page.goto("/display");
}

export async function pairDisplay(page: Page, code: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "Ligar este ecrã" })).toBeVisible();
  await page.keyboard.type(code);
  await expect(page.getByRole("heading", { name: "A seguir" })).toBeVisible();
}

/** The moment at which an element with all of these texts appears, by this machine's clock. */
export async function appearance(page: Page, selector: string, texts: string[]): Promise<number> {
  const found = await page.waitForFunction(
    ({ selector, texts }) => {
      const shows = (element: Element) =>
        texts.every((text) => (element as HTMLElement).innerText.includes(text));
      return Array.from(document.querySelectorAll(selector)).some(shows) ? Date.now() : false;
    },
    { selector, texts },
    { polling: "raf", timeout: 20_000 },
  );
  return (await found.jsonValue()) as number;
}
