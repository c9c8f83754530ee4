import { chromium, type Browser, type Locator } from "@playwright/test";
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM_FLAGS, cameraFlags } from "./flags";
import { chromiumPath, picture } from "./settings";

const FRAME = { width: 384, height: 288 };
const FRAMES = 30;

/** A browser whose camera plays a film; each time it is switched on, the one put in last. */
export class FilmedBrowser {
  private constructor(
    readonly browser: Browser,
    private readonly folder: string,
  ) {}

  static async start(film: string): Promise<FilmedBrowser> {
    const folder = mkdtempSync(join(tmpdir(), "vez-camera-"));
    const executablePath = chromiumPath();
    copyFileSync(picture(film), join(folder, "camera.mjpeg"));
    const browser = await chromium.launch({
      args: [...CHROMIUM_FLAGS, ...cameraFlags(join(folder, "camera.mjpeg"))],
      ...(executablePath ? { executablePath } : {}),
    });
    return new FilmedBrowser(browser, folder);
  }

  /** Puts another film in, whole at any moment: a camera that is on goes on with the old one. */
  shows(film: string): void {
    copyFileSync(picture(film), join(this.folder, "next"));
    this.change();
  }

  /** Holds a phone before the camera, so that it sees that part of its page. */
  async showsPhone(part: Locator): Promise<void> {
    await part.scrollIntoViewIfNeeded();
    const box = await part.boundingBox();
    if (!box) throw new Error("the phone doesn't show it");
    const clip = {
      x: Math.max(0, box.x + (box.width - FRAME.width) / 2),
      y: Math.max(0, box.y + (box.height - FRAME.height) / 2),
      ...FRAME,
    };
    const frame = await part.page().screenshot({ type: "jpeg", clip });
    writeFileSync(join(this.folder, "next"), Buffer.concat(Array<Buffer>(FRAMES).fill(frame)));
    this.change();
  }

  private change(): void {
    renameSync(join(this.folder, "next"), join(this.folder, "camera.mjpeg"));
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true });
  }
}
