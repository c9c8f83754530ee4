import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { demoFile, demo } from "./settings";

/** Holds the demo's process that looks at faces still, until the function it gives back is called. */
export function holdFaceWorker(): () => void {
  const name = `face-worker-${new URL(demo().url).port}@`;
  const workers = readdirSync("/proc").filter((process) => {
    try {
      return /^\d+$/.test(process) && readFileSync(`/proc/${process}/cmdline`).includes(name);
    } catch {
      return false; // It has ended since.
    }
  });
  if (!workers.length) throw new Error(`no process called ${name}`);
  const signal = (which: NodeJS.Signals) => {
    for (const worker of workers) process.kill(Number(worker), which);
  };
  signal("SIGSTOP");
  return () => signal("SIGCONT");
}

/** Takes away every face that the clinic has stored and not looked at yet; how many. */
export function loseStoredFaces(): number {
  const folder = join(dirname(demoFile()), "storage/private/faces");
  const stored = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const faces = stored.filter((file) => file.endsWith(".jpg"));
  for (const face of faces) rmSync(join(folder, face));
  return faces.length;
}
