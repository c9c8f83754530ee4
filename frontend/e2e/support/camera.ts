import { chromium, type Browser } from "@playwright/test";
import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM_FLAGS, cameraFlags } from "./flags";
import { chromiumPath, picture } from "./settings";

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
    renameSync(join(this.folder, "next"), join(this.folder, "camera.mjpeg"));
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true });
  }
}
