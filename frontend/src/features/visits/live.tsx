import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LiveFrame, Visit } from "@/lib/api/types";
import type { LiveState } from "@/lib/live";
import { useLive } from "@/lib/useLive";
import { serverClock } from "@/lib/clock";
import { announce, listenForTouch } from "./alerts";
import { visitQuery } from "./data";
import { turnGate } from "./turn";

export interface LiveVisits {
  state: LiveState;
  /** Today's visits that the socket told of, by appointment. */
  visits: readonly Visit[];
}

/** For every page of the app: a patient who looks at another one is called all the same. */
const gate = turnGate();

const Context = createContext<LiveVisits>({ state: "connecting", visits: [] });

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
  const { t } = useTranslation(["patient", "common"]);
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
    if (gate.accept(frame.appointment, frame, serverClock.now())) {
      announce(t("visit.called_title"), {
        body: t("common:room", { room: frame.room ?? "" }),
        tag: `vez-${frame.appointment}-${frame.call_number}`,
      });
    }
    if (known && known.status !== frame.status) {
      void client.invalidateQueries({ queryKey: ["appointments"] });
    }
  }

  const { state } = useLive({
    path: "/ws/me",
    enabled,
    onFrame: take,
    beforeReconnect: renewSession,
  });
  const value = useMemo(() => ({ state, visits: enabled ? visits : [] }), [state, visits, enabled]);
  return <Context value={value}>{children}</Context>;
}

export function useLiveVisits(): LiveVisits {
  return useContext(Context);
}
