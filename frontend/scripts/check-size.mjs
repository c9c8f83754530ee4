// Adds up what a page loads at first (gzip) and fails when a budget is broken.
import { readFileSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const budgets = { "display.html": 25, "index.html": 230, "staff.html": 290, "kiosk.html": 140 };

let broken = false;
for (const [page, budget] of Object.entries(budgets)) {
  const html = readFileSync(join(dist, page), "utf8");
  const files = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(
    (match) => match[1],
  );
  const bytes = files.reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length,
    0,
  );
  const size = bytes / 1000;
  const verdict = size > budget ? "over budget" : "ok";
  broken ||= size > budget;
  console.log(`${page}: ${size.toFixed(1)} kB of ${budget} kB gzip, ${verdict}`);
}
process.exit(broken ? 1 : 0);
