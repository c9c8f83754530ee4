import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startI18n } from "@/lib/i18n";
import { en } from "@/locales/en/kiosk";
import { pt } from "@/locales/pt/kiosk";
import { Kiosk } from "./Kiosk";

class Socket {
  static last: Socket;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Socket.last = this;
  }

  close(): void {
    this.onmessage = null;
  }

  beat(stale: boolean): void {
    const frame = { type: "heartbeat", revision: 1, server_time: new Date().toISOString(), stale };
    act(() => this.onmessage?.({ data: JSON.stringify(frame) }));
  }
}

beforeEach(() => {
  startI18n({ kiosk: { pt, en } });
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ available: false, name: "Vez" })));
});

afterEach(() => vi.unstubAllGlobals());

it("says to whoever comes that an answer may take a while, until the server is sure again", async () => {
  render(<Kiosk />);
  await screen.findByText(pt.erased);

  Socket.last.beat(true);
  expect(screen.getByText("A ligação está lenta. A resposta pode demorar.")).toBeTruthy();

  Socket.last.beat(false);
  expect(screen.getByText(pt.erased)).toBeTruthy();

  act(() => Socket.last.onclose?.({ code: 1006 }));
  expect(screen.getByText(pt.link_lost)).toBeTruthy();
});
