import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import qrcode from "qrcode-generator";
import type { CheckIn, CheckInStatus } from "../../src/lib/api/types";
import { contextOf } from "./pages";
import type { Watch } from "./test";

const ID = "5f0c9a52-3f0e-4d53-9c0b-0d5d6a3f7b11";
export const CODE = "K7M2PQ";

type Language = "pt" | "en";

interface StagedWindow {
  /** The dark and light squares of a QR code that somebody holds before the painted camera. */
  shownQr?: readonly boolean[][];
  taps?: number;
}

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
      const qr = (window as StagedWindow).shownQr ?? [];
      qr.forEach((row, y) =>
        row.forEach((isDark, x) => {
          paint.fillStyle = isDark ? "#000" : "#fff";
          paint.fillRect(200 + x * 8, 120 + y * 8, 8, 8);
        }),
      );
      requestAnimationFrame(draw);
    };
    draw();
    return Promise.resolve(canvas.captureStream(15));
  };
}

export function missingCamera(): void {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error("no camera"));
}

/** A question for the camera that nobody answers. */
function silentCamera(): void {
  navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);
}

const CAMERAS = { painted: paintedCamera, missing: missingCamera, silent: silentCamera };

function countTaps(): void {
  const counted = window as StagedWindow;
  counted.taps = 0;
  addEventListener("click", () => (counted.taps = (counted.taps ?? 0) + 1), true);
}

/** A QR code with the white around it. */
function squaresOf(text: string): boolean[][] {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const quiet = 2;
  const count = code.getModuleCount();
  const side = Array.from({ length: count + 2 * quiet }, (_, at) => at - quiet);
  const isInside = (at: number) => at >= 0 && at < count;
  return side.map((y) => side.map((x) => isInside(x) && isInside(y) && code.isDark(y, x)));
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
      camera?: keyof typeof CAMERAS;
    } = {},
  ): Promise<StagedKiosk> {
    const context = await contextOf(browser, "kiosk");
    watch.over(context);
    const page = await context.newPage();
    await page.setViewportSize(options.size ?? { width: 1080, height: 1920 });
    await page.clock.install();
    await page.addInitScript(CAMERAS[options.camera ?? "painted"]);
    await page.addInitScript(countTaps);
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
    await this.page.keyboard.type(CODE);
  }

  /** Taps the code's characters one by one. */
  async byTappedCode(): Promise<void> {
    await this.chooseCode();
    for (const character of CODE) {
      await this.page.getByRole("button", { name: character, exact: true }).click();
    }
  }

  /** Holds a QR with this text before the camera. */
  async byQr(text = CODE): Promise<void> {
    await this.chooseCode();
    await expect(this.page.getByText("Ou mostre aqui o QR")).toBeVisible();
    await this.page.evaluate((squares) => {
      (window as StagedWindow).shownQr = squares;
    }, squaresOf(text));
    await expect(async () => {
      await this.page.clock.runFor(300);
      await expect(this.page.locator(".keypad")).toBeHidden({ timeout: 100 });
    }).toPass({ intervals: [20] });
  }

  /** How often the screen was touched since it rested. */
  taps(): Promise<number> {
    return this.page.evaluate(() => (window as StagedWindow).taps ?? 0);
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
