import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demo, ROOT } from "./settings";

/** Without a folder of pictures (PICTURES) the same program makes one that `make test` uses. */
export default function prepare(): void {
  demo();
  if (process.env.PICTURES) return;
  const folder = mkdtempSync(join(tmpdir(), "vez-pictures-"));
  execFileSync(join(ROOT, ".venv/bin/python"), ["-m", "tests.camera", folder], { cwd: ROOT });
  process.env.PICTURES = folder;
}
