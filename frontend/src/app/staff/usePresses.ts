import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/features/auth";
import {
  UNDO_MS,
  UNDOABLE,
  useFreshAppointment,
  usePress,
  type Move,
  type Press,
} from "@/features/queue/data";
import { isProblem } from "@/lib/api/problem";
import type { StaffAppointment } from "@/lib/api/types";
import { serverClock } from "@/lib/clock";
import { problemText } from "@/lib/i18n";
import { toast } from "@/ui";
import { useChangeWords } from "./useChangeWords";

export interface Presses {
  press: (press: Press) => void;
  /** Takes back the last press made here, while the server still lets it. */
  undoLast: () => void;
  isPending: boolean;
}

/** Refusals that mean that the appointment is no longer as it was on this screen. */
const OVERTAKEN = ["invalid_transition", "nothing_to_undo"];

interface Undoable {
  appointment: string;
  until: number;
  closeNotice: () => void;
}

/** Presses with their notice: what happened, and a way back from what was pressed by mistake. */
export function usePresses(): Presses {
  const { t } = useTranslation(["staff", "common"]);
  const { mutate, isPending } = usePress();
  const me = useMe().data?.full_name;
  const whatChanged = useChangeWords();
  const fresh = useFreshAppointment();
  const last = useRef<Undoable | null>(null);

  const press = useCallback(
    function send(wanted: Press) {
      if (isPending) return;
      mutate(wanted, {
        onSuccess: (changed: StaffAppointment) => {
          const name = changed.patient.full_name;
          const other = changed.changed_by && changed.changed_by.name !== me;
          const done = other ? whatChanged(changed, serverClock.now()) : null;
          // A colleague was faster with the same press: nothing of ours to take back.
          if (done) {
            toast({ text: t("by.said", { name, done }) });
            return;
          }
          const text = t(`said.${wanted.action}`, { name });
          if (!UNDOABLE.has(wanted.action as Move)) {
            if (last.current?.appointment === changed.id) last.current = null;
            toast({ text });
            return;
          }
          const undo = () => send({ action: "undo", appointment: changed.id });
          last.current = {
            appointment: changed.id,
            until: serverClock.now() + UNDO_MS,
            closeNotice: toast({
              text,
              undo: { label: t("action.undo"), run: undo, shortcut: "Z" },
            }),
          };
        },
        onError: (error) => {
          if (!isProblem(error, ...OVERTAKEN)) {
            toast({ text: problemText(error), tone: "bad" });
            return;
          }
          void fresh(wanted.appointment)
            .catch(() => undefined)
            .then((now) => {
              const done = whatChanged(now, serverClock.now());
              if (now && done) toast({ text: t("by.said", { name: now.patient.full_name, done }) });
              else toast({ text: problemText(error), tone: "bad" });
            });
        },
      });
    },
    [fresh, isPending, me, mutate, t, whatChanged],
  );

  const undoLast = useCallback(() => {
    const mine = last.current;
    if (!mine || serverClock.now() > mine.until) {
      toast({ text: t("undo.none") });
      return;
    }
    mine.closeNotice();
    press({ action: "undo", appointment: mine.appointment });
  }, [press, t]);

  return { press, undoLast, isPending };
}
