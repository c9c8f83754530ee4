import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/**
 * What axe finds wrong with the page, which has no frames, in one line each. Nothing moves meanwhile:
 * what is just fading in would have too little contrast.
 */
export async function violations(page: Page): Promise<string[]> {
  const moves = await page.evaluate(() => !matchMedia("(prefers-reduced-motion: reduce)").matches);
  if (moves) await page.emulateMedia({ reducedMotion: "reduce" });
  const { violations: found } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  if (moves) await page.emulateMedia({ reducedMotion: null });
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`,
  );
}
