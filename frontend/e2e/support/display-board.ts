import type { Browser, BrowserContext, Page, Route, WebSocketRoute } from "@playwright/test";
import { USUAL_SETTINGS } from "../../src/features/board/settings";
import type { Board, BoardEntry, DisplaySettings } from "../../src/lib/api/types";
import { boardEntry } from "../../src/test/board";
import { contextOf } from "./pages";
import type { Watch } from "./test";

export const LONG_NAME = "Maria da Conceição Vasconcelos e Sousa de Albuquerque";

const NAMES = [
  "Helena V.",
  "A012",
  "João M.",
  "Leonor Pacheco",
  "A015",
  "Rosa Maria Teles",
  "Hannah W.",
  "Tomás Q.",
  LONG_NAME,
  "Gonçalo F.",
];
const ROOMS = ["3", "1", "4", "2"];

let made = 0;

function entry(changes: Partial<BoardEntry>): BoardEntry {
  made += 1;
  return boardEntry({
    id: `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`,
    ticket: `A${String(made % 1000).padStart(3, "0")}`,
    label: NAMES[made % NAMES.length] ?? "",
    room: ROOMS[made % ROOMS.length] ?? "1",
    ...changes,
  });
}

export function called(minutesAgo: number, changes: Partial<BoardEntry> = {}): BoardEntry {
  const at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
  return entry({ state: "called", call_number: 1, called_at: at, ...changes });
}

export function inRoom(minutesAgo: number, changes: Partial<BoardEntry> = {}): BoardEntry {
  return called(minutesAgo, { state: "in_room", ...changes });
}

/** So many who wait, each a little longer than the one before. */
export function waiting(count: number, changes: Partial<BoardEntry> = {}): BoardEntry[] {
  return Array.from({ length: count }, (_, place) =>
    entry({
      wait: {
        low_minutes: Math.max(0, place * 8 - 5),
        high_minutes: place * 9 + 4,
        estimate_minutes: place * 8 + 1,
      },
      ...changes,
    }),
  );
}

/** The page of a clinic in Lisbon, which the hours of a stage's day are meant for. */
async function inStageZone(route: Route): Promise<void> {
  const answer = await route.fetch();
  const html = await answer.text();
  const zoned = html.replace(/data-time-zone="[^"]*"/, 'data-time-zone="Europe/Lisbon"');
  await route.fulfill({ response: answer, body: zoned });
}

interface Stage {
  size?: { width: number; height: number };
  at?: Date;
  settings?: Partial<DisplaySettings>;
  /** When the clinic, closed at the moment, opens. */
  opensAt?: Date;
  /** True for a browser in which nobody has touched the screen. */
  untouched?: boolean;
}

/** A paired display whose board is what the test says, in the frames of the contract. */
export class StagedDisplay {
  private revision = 1;
  private socket: WebSocketRoute | null = null;
  private reachable = true;

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private entries: BoardEntry[],
    private readonly stage: Stage,
  ) {}

  static async open(
    browser: Browser,
    watch: Watch,
    entries: BoardEntry[],
    stage: Stage = {},
  ): Promise<StagedDisplay> {
    const context = await contextOf(browser, "display");
    watch.over(context);
    const page = await context.newPage();
    if (stage.size) await page.setViewportSize(stage.size);
    const display = new StagedDisplay(context, page, entries, { ...stage });
    await page.clock.install(stage.at ? { time: stage.at } : {});
    await page.route(/\/api\/devices\/me(\/status)?$/, (route) =>
      display.reachable
        ? route.fulfill({ json: { settings: { ...USUAL_SETTINGS, ...display.stage.settings } } })
        : route.abort("internetdisconnected"),
    );
    await page.route("**/api/board", (route) =>
      display.reachable
        ? route.fulfill({ json: display.frame() })
        : route.abort("internetdisconnected"),
    );
    if (stage.at) await page.route("**/display", inStageZone);
    await page.routeWebSocket("**/ws/display", (socket) => {
      if (!display.reachable) {
        void socket.close();
        return;
      }
      display.socket = socket;
      socket.send(JSON.stringify(display.frame()));
    });
    await page.goto("/display");
    await page.locator(".clock").waitFor();
    await page.evaluate(() => document.fonts.ready);
    if (!stage.untouched) await page.keyboard.press("Space");
    return display;
  }

  async show(entries: BoardEntry[]): Promise<void> {
    this.entries = entries;
    this.revision += 1;
    this.socket?.send(JSON.stringify(this.frame()));
    await this.page.waitForTimeout(150);
  }

  /** The network is gone, for so long. */
  async lose(seconds: number): Promise<void> {
    this.reachable = false;
    await this.socket?.close();
    await this.page.clock.fastForward(seconds * 1000);
    await this.page.waitForTimeout(150);
  }

  /** The server ends the device's socket, and then can't be asked why. */
  async end(): Promise<void> {
    this.reachable = false;
    await this.socket?.close({ code: 4401 });
  }

  /** The network is back. */
  async find(): Promise<void> {
    this.reachable = true;
    await this.page.clock.fastForward(30_000);
    await this.page.waitForTimeout(300);
  }

  /** Staff change the settings. */
  async set(settings: Partial<DisplaySettings>): Promise<void> {
    this.stage.settings = { ...this.stage.settings, ...settings };
    const read = this.page.waitForResponse("**/api/devices/me");
    this.socket?.send(JSON.stringify({ type: "settings" }));
    await read;
    await this.page.waitForTimeout(150);
  }

  close(): Promise<void> {
    return this.context.close();
  }

  private frame(): Board {
    return {
      type: "board",
      revision: this.revision,
      server_time: (this.stage.at ?? new Date()).toISOString(),
      clinic: "Clínica Vez",
      closes_at: this.stage.opensAt ? null : "2099-01-01T00:00:00Z",
      opens_at: this.stage.opensAt?.toISOString() ?? null,
      entries: this.entries,
    };
  }
}
