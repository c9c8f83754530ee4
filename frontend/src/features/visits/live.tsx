import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import type { LiveFrame, Visit } from "@/lib/api/types";
import type { LiveState } from "@/lib/live";
import { civilDate } from "@/lib/civil";
import { useLive } from "@/lib/useLive";
import { useToday } from "@/lib/useNow";
import { listenForTouch } from "./alerts";
import { visitQuery } from "./data";
import { useCallOut } from "./useCallOut";

export interface LiveVisits {
  state: LiveState;
  /** While the connection is lost: the server's time up to which all was known. */
  heardAt: string | null;
  /** Today's visits that the socket told of, by appointment. */
  visits: readonly Visit[];
}

const Context = createContext<LiveVisits>({ state: "connecting", heardAt: null, visits: [] });

/** Today's visits and payments of the patient, kept fresh by one socket for the whole app. */
export function LiveVisitsProvider({
  enabled,
  renewSession,
  children,
}: {
  enabled: boolean;
  renewSession: () => Promise<unknown>;
  children: ReactNode;
}) {
  const client = useQueryClient();
  const callOut = useCallOut();
  const today = useToday();
  const [visits, setVisits] = useState<readonly Visit[]>([]);

  useEffect(() => (enabled ? listenForTouch() : undefined), [enabled]);

  function take(frame: LiveFrame) {
    if (frame.type === "payment") {
      void client.invalidateQueries({ queryKey: ["checkout"] });
      void client.invalidateQueries({ queryKey: ["appointments"] });
      void client.invalidateQueries({ queryKey: ["invoices"] });
    }
    if (frame.type !== "visit") return;
    const key = visitQuery(frame.appointment).queryKey;
    const known = client.getQueryData(key);
    if (known && known.revision > frame.revision) return;
    client.setQueryData(key, frame);
    setVisits((all) => [...all.filter((one) => one.appointment !== frame.appointment), frame]);
    callOut(frame.appointment, frame);
    if (known && known.status !== frame.status) {
      void client.invalidateQueries({ queryKey: ["appointments"] });
    }
  }

  const { state, heardAt } = useLive({
    path: "/ws/me",
    enabled,
    onFrame: take,
    beforeReconnect: renewSession,
  });
  const value = useMemo(() => {
    // At midnight yesterday's turns are over, also where no frame can say so.
    const ofToday = visits.filter((visit) => civilDate(visit.start) === today);
    return { state, heardAt, visits: enabled ? ofToday : [] };
  }, [state, heardAt, visits, enabled, today]);
  return <Context value={value}>{children}</Context>;
}

export function useLiveVisits(): LiveVisits {
  return useContext(Context);
}
