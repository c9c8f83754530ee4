/**
 * The server's time on this device. Clocks of televisions and phones drift; the offset is learned
 * from the server's own stamps. A late frame makes an offset too small, never too large, so the
 * largest of the last few samples is the best one.
 */

const KEEP = 8;

export class ServerClock {
  private offsets: number[] = [];

  constructor(private readonly local: () => number = () => Date.now()) {}

  observe(serverTime: string | number): void {
    const at = new Date(serverTime).getTime();
    if (Number.isNaN(at)) return;
    this.offsets.push(at - this.local());
    if (this.offsets.length > KEEP) this.offsets.shift();
  }

  /** Milliseconds since the epoch, by the server. */
  now(): number {
    return this.local() + (this.offsets.length ? Math.max(...this.offsets) : 0);
  }
}

export const serverClock = new ServerClock();
