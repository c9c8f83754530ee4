/** Calls one after the other: chime, a short pause, the words. */

export interface Call {
  ticket: string;
  room: string;
}

export interface Voice {
  /** Resolves when the chime has died away. */
  chime(): Promise<void>;
  /** Gets the words ready; what comes of it says them, and resolves when they are said. */
  prepare(call: Call): () => Promise<void>;
  pause(ms: number): Promise<void>;
  now(): number;
}

export const PAUSE_MS = 700;
/** Who was called a minute ago has seen it by now, or has gone to ask. */
export const TOO_OLD_MS = 60_000;

/** Announcements wait for each other, and those that waited for too long are left out. */
export class Announcer {
  private waiting: (Call & { at: number })[] = [];
  private busy = false;

  constructor(private readonly voice: Voice) {}

  announce(calls: readonly Call[]): void {
    const at = this.voice.now();
    for (const { ticket, room } of calls) this.waiting.push({ ticket, room, at });
    if (!this.busy) void this.run();
  }

  /** What waits its turn is forgotten; what is being said is said to its end. */
  clear(): void {
    this.waiting = [];
  }

  private async run(): Promise<void> {
    this.busy = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      if (this.voice.now() - next.at > TOO_OLD_MS) continue;
      try {
        const say = this.voice.prepare(next);
        await this.voice.chime();
        await this.voice.pause(PAUSE_MS);
        await say();
      } catch {
        // A call that can't be heard stands on the screen; the next one gets its turn.
      }
    }
    this.busy = false;
  }
}
