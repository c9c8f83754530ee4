import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import { UNDO_MS, UNDOABLE, usePress, type Move, type Press } from "@/features/queue/data";
import type { StaffAppointment } from "@/lib/api/types";
import { serverClock } from "@/lib/clock";
import { problemText } from "@/lib/i18n";
import { toast } from "@/ui";

export interface Presses {
  press: (press: Press) => void;
  /** Takes back the last press made here, while the server still lets it. */
  undoLast: () => void;
  isPending: boolean;
}

interface Undoable {
  appointment: string;
  until: number;
  closeNotice: () => void;
}

/** Presses with their notice: what happened, and a way back from what was pressed by mistake. */
export function usePresses(): Presses {
  const { t } = useTranslation(["staff", "common"]);
  const { mutate, isPending } = usePress();
  const last = useRef<Undoable | null>(null);

  const press = useCallback(
    function send(wanted: Press) {
      if (isPending) return;
      mutate(wanted, {
        onSuccess: (changed: StaffAppointment) => {
          const text = t(`said.${wanted.action}`, { name: changed.patient.full_name });
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
        onError: (error) => toast({ text: problemText(error), tone: "bad" }),
      });
    },
    [isPending, mutate, t],
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
