import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isProblem } from "@/lib/api/problem";
import type { InTheWay, StaffAppointment } from "@/lib/api/types";
import { serverClock } from "@/lib/clock";
import { problemText } from "@/lib/i18n";
import { toast, type ToastMessage } from "@/ui";
import { inTheWay, useAppointments, usePress, type Press } from "./data";
import { useChangeWords } from "./useChangeWords";

export interface Presses {
  /** True when it was done. What went wrong has been said by then. */
  press: (press: Press) => Promise<boolean>;
  /** Takes back the last press made here, while the server still lets it. */
  undoLast: () => void;
  /** The appointments whose press has no answer yet; another press of theirs does nothing. */
  pending: ReadonlySet<string>;
  /** The last press that another treatment stood in the way of, until somebody has decided. */
  blocked: Blocked | null;
  /** Leaves everything as it is, or presses once more and means it. */
  decide: (doesMeanIt: boolean) => void;
}

export interface Blocked {
  press: Extract<Press, { action: "call" | "start" | "move-room" }>;
  name: string;
  others: readonly InTheWay[];
}

const NONE: ReadonlySet<string> = new Set();

/** Refusals that mean that the appointment is no longer as it was on this screen. */
const OVERTAKEN = ["invalid_transition", "nothing_to_undo"];

interface Undoable {
  appointment: string;
  undo_until: string;
}

/**
 * Presses with their notice: what happened, and a way back from what was pressed by mistake. `me` is
 * the name of who presses.
 */
export function usePresses(me: string): Presses {
  const { t } = useTranslation(["staff", "common"]);
  const { mutateAsync } = usePress();
  const whatChanged = useChangeWords();
  const { known, fresh } = useAppointments();
  const sent = useRef(new Set<string>());
  const [pending, setPending] = useState<ReadonlySet<string>>(NONE);
  const last = useRef<Undoable | null>(null);
  const [blocked, setBlocked] = useState<Blocked | null>(null);
  const unanswered = useRef(new Map<string, () => void>());
  const closeNotice = useRef<() => void>(undefined);

  const press = useCallback(
    async function send(wanted: Press): Promise<boolean> {
      const { appointment } = wanted;
      if (sent.current.has(appointment)) return false;
      sent.current.add(appointment);
      setPending(new Set(sent.current));
      unanswered.current.get(appointment)?.();
      unanswered.current.delete(appointment);
      try {
        sayDone(wanted, await mutateAsync(wanted));
        return true;
      } catch (error) {
        await sayFailed(wanted, error);
        return false;
      } finally {
        sent.current.delete(appointment);
        setPending(new Set(sent.current));
      }

      /** One at a time: what can be taken back is always the newest. */
      function notice(message: ToastMessage) {
        closeNotice.current?.();
        closeNotice.current = toast(message);
      }

      function sayDone({ action }: Press, changed: StaffAppointment) {
        const name = changed.patient.full_name;
        const byOther = changed.changed_by && changed.changed_by.name !== me;
        const done = byOther ? whatChanged(changed, serverClock.now()) : null;
        // A colleague was faster with the same press: nothing of ours to take back.
        if (done) {
          notice({ text: t("by.said", { name, done }) });
          return;
        }
        const text = t(`said.${action}`, { name });
        const { id, undo_until } = changed;
        if (undo_until === null) {
          if (action === "undo" && last.current?.appointment === id) last.current = null;
          notice({ text });
          return;
        }
        const run = () => void send({ action: "undo", appointment: id, undo_until });
        notice({ text, act: { label: t("action.undo"), run, shortcut: "Z" } });
        last.current = { appointment: id, undo_until };
      }

      async function sayFailed(refused: Press, error: unknown) {
        const { action } = refused;
        const others = inTheWay(error);
        if (others.length && (action === "call" || action === "start" || action === "move-room")) {
          const name = known(appointment)?.patient.full_name ?? "";
          setBlocked({ press: refused, name, others });
          return;
        }
        if (isProblem(error, "network")) {
          const name = known(appointment)?.patient.full_name ?? "";
          const run = () => void send(wanted);
          const text = t("unanswered", { name, action: t(`action.${action}`) });
          const close = toast({ text, tone: "bad", act: { label: t("action.repeat"), run } });
          unanswered.current.set(appointment, close);
        } else if (isProblem(error, ...OVERTAKEN)) {
          const now = await fresh(appointment).catch(() => undefined);
          const done = whatChanged(now, serverClock.now());
          if (now && done) notice({ text: t("by.said", { name: now.patient.full_name, done }) });
          else toast({ text: problemText(error), tone: "bad" });
        } else toast({ text: problemText(error), tone: "bad" });
      }
    },
    [fresh, known, me, mutateAsync, t, whatChanged],
  );

  const undoLast = useCallback(() => {
    const mine = last.current;
    if (!mine || serverClock.now() > new Date(mine.undo_until).getTime()) {
      toast({ text: t("undo.none") });
      return;
    }
    void press({ action: "undo", ...mine });
  }, [press, t]);

  function decide(doesMeanIt: boolean) {
    setBlocked(null);
    if (blocked && doesMeanIt) void press({ ...blocked.press, override: true });
  }

  return { press, undoLast, pending, blocked, decide };
}
