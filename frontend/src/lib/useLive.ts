import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { LiveFrame } from "./api/types";
import { openLive, type LiveConnection, type LiveState } from "./live";
import { serverClock } from "./clock";

/** Keeps one live connection for as long as the component is there. Frames also set the server's clock. */
export function useLive({
  path,
  enabled = true,
  onFrame,
  beforeReconnect,
}: {
  path: string;
  enabled?: boolean;
  onFrame: (frame: LiveFrame) => void;
  beforeReconnect?: () => Promise<unknown>;
}): {
  state: LiveState;
  /** While the connection is lost or can't vouch for what it brought: up to when all was known. */
  heardAt: string | null;
  reconnect: () => void;
} {
  const [{ state, heardAt }, setConnection] = useState<{
    state: LiveState;
    heardAt: string | null;
  }>({ state: "connecting", heardAt: null });
  const connection = useRef<LiveConnection | null>(null);
  const take = useEffectEvent((frame: LiveFrame) => onFrame(frame));
  const prepare = useEffectEvent(() => beforeReconnect?.() ?? Promise.resolve());

  useEffect(() => {
    if (!enabled) return;
    let newest: string | null = null;
    const opened = openLive({
      path,
      onFrame(frame) {
        if ("server_time" in frame) {
          serverClock.observe(frame.server_time);
          if (frame.type !== "heartbeat" || !frame.stale) newest = frame.server_time;
        }
        take(frame);
      },
      onState: (next) =>
        setConnection({
          state: next,
          heardAt: next === "lost" || next === "stale" ? newest : null,
        }),
      beforeReconnect: () => prepare(),
    });
    connection.current = opened;
    return () => {
      connection.current = null;
      opened.close();
    };
  }, [path, enabled]);

  return { state, heardAt, reconnect: () => connection.current?.reconnect() };
}
