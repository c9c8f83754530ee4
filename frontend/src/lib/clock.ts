/**
 * Two clocks, neither of which jumps when somebody sets the device's: how long ago something was,
 * and the server's time.
 */

/** Many systems stop a page's own count while they sleep; what was slept while nobody looked counts. */
let slept = 0;
let leadWhenHidden: number | null = null;

/** How far the device's clock is ahead of the page's own count, which it changes when it is set. */
const lead = () => Date.now() - performance.now();

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      leadWhenHidden = lead();
    } else if (leadWhenHidden !== null) {
      slept += Math.max(0, lead() - leadWhenHidden);
      leadWhenHidden = null;
    }
  });
}

/** Milliseconds that only ever run forwards, for ages. */
export function elapsed(): number {
  return performance.now() + slept;
}

const KEEP = 8;
/** No answer that still counts took so long: what differs by more was measured by another count. */
const IMPOSSIBLE_MS = 30_000;

/**
 * The server's time on this device. Clocks of televisions and phones are wrong; the offset is learned
 * from the server's own stamps. A late frame makes an offset too small, never too large, so the
 * largest of the last few samples is the best one.
 */
export class ServerClock {
  private offsets: number[] = [];

  constructor(
    private readonly count: () => number = elapsed,
    private readonly device: () => number = () => Date.now(),
  ) {}

  observe(serverTime: string | number): void {
    const at = new Date(serverTime).getTime();
    if (Number.isNaN(at)) return;
    const offset = at - this.count();
    this.offsets = this.offsets.filter((known) => known - offset < IMPOSSIBLE_MS);
    this.offsets.push(offset);
    if (this.offsets.length > KEEP) this.offsets.shift();
  }

  /** Milliseconds since the epoch, by the server; by the device until the server has spoken. */
  now(): number {
    return this.offsets.length ? this.count() + Math.max(...this.offsets) : this.device();
  }
}

export const serverClock = new ServerClock();
