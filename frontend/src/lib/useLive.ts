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
}): { state: LiveState; reconnect: () => void } {
  const [state, setState] = useState<LiveState>("connecting");
  const connection = useRef<LiveConnection | null>(null);
  const take = useEffectEvent((frame: LiveFrame) => {
    if ("server_time" in frame) serverClock.observe(frame.server_time);
    onFrame(frame);
  });
  const prepare = useEffectEvent(() => beforeReconnect?.() ?? Promise.resolve());

  useEffect(() => {
    if (!enabled) return;
    const opened = openLive<LiveFrame>({
      path,
      onFrame: (frame) => take(frame),
      onState: setState,
      beforeReconnect: () => prepare(),
    });
    connection.current = opened;
    return () => {
      connection.current = null;
      opened.close();
    };
  }, [path, enabled]);

  return { state, reconnect: () => connection.current?.reconnect() };
}
