import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

export type Role = "patient" | "practitioner" | "reception" | "manager";

interface Demo {
  url: string;
  accounts: Record<Role, { username: string; password: string }>;
  devices: Record<"display" | "kiosk", { token: string }>;
}

export const ROOT = resolve(import.meta.dirname, "../../..");

let read: Demo | null = null;

export function demoFile(): string {
  return process.env.DEMO_JSON ?? resolve(ROOT, "var/demo.json");
}

/** What the running demo says about itself. */
export function demo(): Demo {
  const file = demoFile();
  if (!existsSync(file)) {
    throw new Error(`${file} is missing: start the demo first (make run), or name it in DEMO_JSON`);
  }
  read ??= JSON.parse(readFileSync(file, "utf8")) as Demo;
  return read;
}

export function baseUrl(): string {
  return process.env.BASE_URL ?? demo().url;
}

/** The zone in which the clinic lives, and with it the devices in it. */
export const CLINIC_ZONE = process.env.CLINIC_TIME_ZONE ?? "Europe/Lisbon";

/** The browser named in CHROMIUM or the system's; without either, Playwright's own. */
export function chromiumPath(): string | undefined {
  const named = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return process.env.CHROMIUM || existsSync(named) ? named : undefined;
}

/** A picture of the cast; the name as tests/camera.py writes it. */
export function picture(name: string): string {
  const folder = process.env.PICTURES;
  if (!folder) throw new Error("PICTURES is not set");
  return resolve(folder, name);
}
