import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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

function folderOfFaces(): string {
  return join(dirname(demoFile()), "storage/private/faces");
}

/** The files of every picture of a face that the clinic holds. */
export function storedFaces(): string[] {
  const folder = folderOfFaces();
  const stored = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return stored.filter((file) => file.endsWith(".jpg")).map((file) => join(folder, file));
}

/** Takes away every face that the clinic has stored and not looked at yet; how many. */
export function loseStoredFaces(): number {
  const faces = storedFaces();
  for (const face of faces) rmSync(face);
  return faces.length;
}

/** Lets no face be stored, until the function it gives back is called. */
export function closeFaceStore(): () => void {
  const folder = folderOfFaces();
  renameSync(folder, `${folder}-away`);
  writeFileSync(folder, "");
  return () => {
    rmSync(folder);
    renameSync(`${folder}-away`, folder);
  };
}
