import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import type { CheckIn, CheckInStatus } from "../../src/lib/api/types";
import { contextOf } from "./pages";
import type { Watch } from "./test";

const ID = "5f0c9a52-3f0e-4d53-9c0b-0d5d6a3f7b11";
export const CODE = "K7M2PQ";

type Language = "pt" | "en";

/** A canvas in place of the camera: a page can't be given light and a lens. */
export function paintedCamera(): void {
  navigator.mediaDevices.getUserMedia = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 640;
    canvas.height = 480;
    const paint = canvas.getContext("2d");
    const draw = () => {
      if (!paint) return;
      paint.fillStyle = "#8fa69a";
      paint.fillRect(0, 0, 640, 480);
      paint.fillStyle = "#c9b8a4";
      paint.beginPath();
      paint.arc(320, 220, 120, 0, 7);
      paint.fill();
      requestAnimationFrame(draw);
    };
    draw();
    return Promise.resolve(canvas.captureStream(15));
  };
}

export function missingCamera(): void {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error("no camera"));
}

/** A paired kiosk to which the clinic answers what the test says, in the words of the contract. */
export class StagedKiosk {
  private answer: CheckIn | null = null;
  private refusal: { status: number; code: string } | null = null;
  private offline = false;

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly language: Language,
  ) {}

  static async open(
    browser: Browser,
    watch: Watch,
    options: {
      size?: { width: number; height: number };
      language?: Language;
      camera?: "painted" | "missing";
    } = {},
  ): Promise<StagedKiosk> {
    const context = await contextOf(browser, "kiosk");
    watch.over(context);
    const page = await context.newPage();
    await page.setViewportSize(options.size ?? { width: 1080, height: 1920 });
    await page.clock.install();
    await page.addInitScript(options.camera === "missing" ? missingCamera : paintedCamera);
    const kiosk = new StagedKiosk(context, page, options.language ?? "pt");
    await kiosk.playTheClinic();
    await kiosk.rest();
    return kiosk;
  }

  /** From the beginning, in this kiosk's language. */
  async rest(): Promise<void> {
    this.answer = null;
    this.refusal = null;
    this.offline = false;
    await this.page.goto("/kiosk");
    await this.page.getByRole("heading", { level: 1 }).waitFor();
    if (this.language === "en") await this.page.getByRole("button", { name: "English" }).click();
    await this.page.evaluate(() => document.fonts.ready);
  }

  answers(status: CheckInStatus, facts: Partial<CheckIn> = {}): this {
    const nothing = { label: null, ticket: null, room: null, wait: null, detail: null };
    this.answer = { id: ID, status, ...nothing, ...facts };
    this.refusal = null;
    return this;
  }

  refuses(status: number, code: string): this {
    this.refusal = { status, code };
    return this;
  }

  losesTheNetwork(): this {
    this.offline = true;
    return this;
  }

  async chooseCode(): Promise<void> {
    await this.page.locator(".choice").nth(1).click();
    await this.page.locator(".keypad").waitFor();
  }

  async send(text: string): Promise<void> {
    await this.page.keyboard.type(text);
    await this.page.locator(".send").click();
  }

  async byCode(): Promise<void> {
    await this.chooseCode();
    await this.send(CODE);
  }

  async chooseFace(): Promise<void> {
    await this.page.locator(".choice").first().click();
  }

  /** Looks at the camera until its picture is taken. */
  async byFace(): Promise<void> {
    await this.chooseFace();
    await expect(this.page.locator(".lens.counting")).toBeVisible();
    for (let look = 0; look < 8; look += 1) await this.page.clock.runFor(300);
    await this.page.locator(".lens").waitFor({ state: "detached" });
  }

  /** Nobody touches the screen. */
  async leaveAlone(seconds: number): Promise<void> {
    await this.page.clock.fastForward(seconds * 1000);
  }

  close(): Promise<void> {
    return this.context.close();
  }

  private async playTheClinic(): Promise<void> {
    await this.page.routeWebSocket("**/ws/kiosk", () => undefined);
    await this.page.route("**/api/check-ins**", async (route) => {
      const path = new URL(route.request().url()).pathname;
      const isPost = route.request().method() === "POST";
      if (this.offline) return route.abort("internetdisconnected");
      if (isPost && this.refusal) {
        const { status, code } = this.refusal;
        return route.fulfill({
          status,
          contentType: "application/problem+json",
          json: { type: "about:blank", title: "", status, code, detail: "", errors: [] },
        });
      }
      if (isPost && path === "/api/check-ins") {
        return route.fulfill({ status: 202, json: { id: ID, status: "processing" } });
      }
      if (this.answer && path.includes(ID)) return route.fulfill({ json: this.answer });
      return route.fallback();
    });
  }
}
