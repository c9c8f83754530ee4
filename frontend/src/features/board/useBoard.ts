import { useEffect, useRef, useState } from "react";
import type { Board, LiveFrame } from "@/lib/api/types";
import { openLive, revisionGate, type LiveState } from "@/lib/live";
import { elapsed, serverClock } from "@/lib/clock";
import { ANSWER_MS, asking } from "@/lib/deadline";

const POLL_MS = 10_000;
/** A waiting room sees the calls within five seconds of the server's return. */
const LONGEST_PAUSE_S = 4;
/** For so long a board that the server doubts may still be confirmed before the screen says so. */
const DOUBT_MS = 1_000;

export interface BoardView {
  /** Null until the first board, and again as soon as the device is refused. */
  board: Board | null;
  link: LiveState;
  /** When the board was last known to be the present one, by `elapsed`. */
  confirmedAt: number;
  /** True when the server can't tell whether that is so any more. */
  doubted: boolean;
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
  doubted: false,
  refused: false,
  settingsTurn: 0,
};

/**
 * The board by websocket, and by HTTP at least every ten seconds while that is lost or can't vouch
 * for what it brought. Each frame is the whole board: an older revision is dropped, a missed one is
 * fetched. A heartbeat confirms what is shown.
 */
export function useBoard(): BoardView {
  const [view, setView] = useState<BoardView>(START);
  const etag = useRef<string | null>(null);

  useEffect(() => {
    const gate = revisionGate();
    let stopped = false;
    let connection: ReturnType<typeof openLive> | null = null;
    let isLive = false;
    let poll: ReturnType<typeof setTimeout> | undefined;
    let doubt: ReturnType<typeof setTimeout> | undefined;

    function confirm(board?: Board) {
      clearTimeout(doubt);
      doubt = undefined;
      setView((old) => ({
        ...old,
        board: board ?? old.board,
        confirmedAt: elapsed(),
        doubted: false,
        refused: false,
      }));
    }

    function take(board: Board) {
      serverClock.observe(board.server_time);
      if (gate.accept(board.revision)) confirm(board);
      else confirm();
    }

    /** False when this device may not see the board. An answer that doesn't come says nothing. */
    async function readBoard(signal: AbortSignal | undefined): Promise<boolean> {
      const answer = await fetch("/api/board", {
        credentials: "same-origin",
        headers: etag.current ? { "If-None-Match": etag.current } : undefined,
        signal,
      });
      if (stopped) return true;
      if (answer.status === 401 || answer.status === 403) {
        gate.reset();
        etag.current = null;
        setView((old) => ({ ...old, board: null, refused: true }));
        return false;
      }
      if (answer.status === 304) confirm();
      if (answer.ok) {
        const board = (await answer.json()) as Board;
        etag.current = answer.headers.get("ETag");
        take(board);
      }
      return true;
    }

    function fetchBoard(): Promise<boolean> {
      return asking(ANSWER_MS, readBoard).catch(() => true);
    }

    /** Scattered, for screens that were lost together would all ask together. */
    function pollUntilLive() {
      clearTimeout(poll);
      doubt ??= setTimeout(() => setView((old) => ({ ...old, doubted: true })), DOUBT_MS);
      void fetchBoard().then((known) => {
        if (stopped) return;
        clearTimeout(poll);
        if (!known) connection?.close();
        else if (!isLive) poll = setTimeout(pollUntilLive, POLL_MS * (0.5 + Math.random() / 2));
      });
    }

    function onFrame(frame: LiveFrame) {
      if (frame.type === "board") {
        take(frame);
        return;
      }
      if (frame.type === "settings") {
        setView((old) => ({ ...old, settingsTurn: old.settingsTurn + 1 }));
        return;
      }
      if (frame.type !== "heartbeat") return;
      serverClock.observe(frame.server_time);
      if (frame.stale) return;
      if (gate.isBehind(frame.revision)) void fetchBoard();
      else confirm();
    }

    function onState(link: LiveState) {
      setView((old) => ({
        ...old,
        link,
        settingsTurn: old.settingsTurn + (old.link === "lost" && link === "live" ? 1 : 0),
      }));
      isLive = link === "live";
      if (link === "lost" || link === "stale") pollUntilLive();
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
      connection = openLive({
        path: "/ws/display",
        onFrame,
        onState,
        onClose,
        longestPause: LONGEST_PAUSE_S,
      });
    });

    return () => {
      stopped = true;
      clearTimeout(poll);
      clearTimeout(doubt);
      connection?.close();
    };
  }, []);

  return view;
}
