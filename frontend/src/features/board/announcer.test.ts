// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer, type Call, type Voice } from "./announcer";

/** A voice whose sounds take as long as real ones, and which writes down what was heard when. */
class Recorder implements Voice {
  heard: string[] = [];
  failing = "";
  private readonly start = Date.now();

  chime = () => this.sound("chime", 1200);
  pause = (ms: number) => this.sound("", ms);
  now = () => Date.now();
  prepare = ({ ticket, room }: Call) => {
    if (ticket === this.failing) throw new Error("no network");
    return () => this.sound(`${ticket} ${room}`, 3000);
  };

  private async sound(name: string, ms: number): Promise<void> {
    if (name) this.heard.push(`${String(Date.now() - this.start)} ${name}`);
    await new Promise((done) => setTimeout(done, ms));
  }
}

describe("Announcer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("chimes, pauses for 0.7 s, and speaks", async () => {
    const voice = new Recorder();

    new Announcer(voice).announce([{ ticket: "A012", room: "3" }]);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(voice.heard).toEqual(["0 chime", "1900 A012 3"]);
  });

  it("never lets two calls overlap", async () => {
    const voice = new Recorder();
    const announcer = new Announcer(voice);

    announcer.announce([
      { ticket: "A012", room: "3" },
      { ticket: "A013", room: "1" },
    ]);
    await vi.advanceTimersByTimeAsync(2000);
    announcer.announce([{ ticket: "A014", room: "2" }]);
    await vi.advanceTimersByTimeAsync(20_000);

    expect(voice.heard).toEqual([
      "0 chime",
      "1900 A012 3",
      "4900 chime",
      "6800 A013 1",
      "9800 chime",
      "11700 A014 2",
    ]);
  });

  it("leaves out what has waited for more than a minute, and goes on after it", async () => {
    const voice = new Recorder();
    const announcer = new Announcer(voice);
    const many = Array.from({ length: 20 }, (_, place) => ({
      ticket: `A${String(100 + place)}`,
      room: "1",
    }));

    announcer.announce(many);
    await vi.advanceTimersByTimeAsync(120_000);
    announcer.announce([{ ticket: "A200", room: "2" }]);
    await vi.advanceTimersByTimeAsync(10_000);

    const spoken = voice.heard.filter((line) => !line.endsWith("chime"));
    // 4.9 s each: the thirteenth begins at 58.8 s, the fourteenth would at 63.7 s.
    expect(spoken.map((line) => line.split(" ")[1])).toEqual(
      [...many.slice(0, 13), { ticket: "A200" }].map(({ ticket }) => ticket),
    );
  });

  it("goes on to the next call when one can't be spoken", async () => {
    const voice = new Recorder();
    voice.failing = "A012";

    new Announcer(voice).announce([
      { ticket: "A012", room: "3" },
      { ticket: "A013", room: "1" },
    ]);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(voice.heard.map((line) => line.split(" ")[1])).toEqual(["chime", "A013"]);
  });

  it("forgets what waits when it is told to", async () => {
    const voice = new Recorder();
    const announcer = new Announcer(voice);

    announcer.announce([
      { ticket: "A012", room: "3" },
      { ticket: "A013", room: "1" },
    ]);
    announcer.clear();
    await vi.advanceTimersByTimeAsync(20_000);

    expect(voice.heard).toEqual(["0 chime", "1900 A012 3"]);
  });
});
