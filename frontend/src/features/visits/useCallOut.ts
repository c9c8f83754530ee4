import { useTranslation } from "react-i18next";
import type { LinkedVisit } from "@/lib/api/types";
import { serverClock } from "@/lib/clock";
import { announce } from "./alerts";
import { turnGate, type Call } from "./turn";

/** For every page of the app: a patient who looks at another one is called all the same. */
const gate = turnGate();

/** What tells the patient of each call once, whichever way and however often it comes in. */
export function useCallOut() {
  const { t } = useTranslation(["patient", "common"]);
  return function callOut(visit: string, call: Call & Pick<LinkedVisit, "room" | "ticket">) {
    if (!gate.accept(visit, call, serverClock.now())) return;
    announce(t("visit.called_title"), {
      body: t("common:room", { room: call.room ?? "" }),
      tag: `vez-${call.ticket}-${call.call_number}`,
    });
  };
}
