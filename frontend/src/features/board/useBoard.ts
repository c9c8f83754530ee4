import { useEffect, useRef, useState } from "react";
import { openLive, revisionGate, type LiveState } from "@/lib/live";
import { serverClock } from "@/lib/clock";
import type { BoardFrame, DisplayFrame } from "./board";

const POLL_MS = 10_000;

export interface BoardView {
  /** Null until the first board, and again as soon as the device is refused. */
  board: BoardFrame | null;
  link: LiveState;
  /** This device's time at which the board was last known to be the present one. */
  confirmedAt: number;
  /** True when the server does not know this device: pair it. */
  refused: boolean;
  /** Grows whenever the device's settings may have changed. */
  settingsTurn: number;
}

const DEVICE_ENDED = 4401;
const START: BoardView = {
  board: null,
  link: "connecting",
  confirmedAt: 0,
  refused: false,
  settingsTurn: 0,
};

/**
 * The board by websocket, and by HTTP every ten seconds while that is lost. Each frame is the whole
 * board: an older revision is dropped, a missed one is fetched.
 */
export function useBoard(): BoardView {
  const [view, setView] = useState<BoardView>(START);
  const etag = useRef<string | null>(null);

  useEffect(() => {
    const gate = revisionGate();
    let stopped = false;
    let connection: ReturnType<typeof openLive> | null = null;
    let poll: ReturnType<typeof setTimeout> | undefined;

    function confirm(board?: BoardFrame) {
      setView((old) => ({
        ...old,
        board: board ?? old.board,
        confirmedAt: Date.now(),
        refused: false,
      }));
    }

    function take(board: BoardFrame) {
      serverClock.observe(board.server_time);
      if (gate.accept(board.revision)) confirm(board);
      else confirm();
    }

    /** False when this device may not see the board. */
    async function fetchBoard(): Promise<boolean> {
      try {
        const headers = etag.current ? { "If-None-Match": etag.current } : undefined;
        const answer = await fetch("/api/board", { credentials: "same-origin", headers });
        if (stopped) return true;
        if (answer.status === 401 || answer.status === 403) {
          gate.reset();
          etag.current = null;
          setView((old) => ({ ...old, board: null, refused: true }));
          return false;
        }
        if (answer.status === 304) confirm();
        if (answer.ok) {
          etag.current = answer.headers.get("ETag");
          take((await answer.json()) as BoardFrame);
        }
      } catch {
        return true;
      }
      return true;
    }

    function pollWhileLost() {
      clearTimeout(poll);
      void fetchBoard().then((known) => {
        if (stopped) return;
        if (!known) connection?.close();
        else poll = setTimeout(pollWhileLost, POLL_MS);
      });
    }

    function onFrame(frame: DisplayFrame) {
      if (frame.type === "board") {
        take(frame);
        return;
      }
      if (frame.type === "settings") {
        setView((old) => ({ ...old, settingsTurn: old.settingsTurn + 1 }));
        return;
      }
      serverClock.observe(frame.server_time);
      if (gate.isBehind(frame.revision)) void fetchBoard();
      else confirm();
    }

    function onState(link: LiveState) {
      setView((old) => ({
        ...old,
        link,
        settingsTurn: old.settingsTurn + (old.link === "lost" && link === "live" ? 1 : 0),
      }));
      if (link === "lost") pollWhileLost();
      else clearTimeout(poll);
    }

    /** A device that was disconnected shows nothing from that moment on. */
    function onClose(code: number) {
      if (code !== DEVICE_ENDED) return;
      gate.reset();
      etag.current = null;
      setView((old) => ({ ...old, board: null }));
    }

    void fetchBoard().then((known) => {
      if (!known || stopped) return;
      connection = openLive({ path: "/ws/display", onFrame, onState, onClose });
    });

    return () => {
      stopped = true;
      clearTimeout(poll);
      connection?.close();
    };
  }, []);

  return view;
}
