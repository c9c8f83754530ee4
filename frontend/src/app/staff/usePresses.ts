import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { usePress, type Press } from "@/features/queue/data";
import type { StaffAppointment } from "@/lib/api/types";
import { problemText } from "@/lib/i18n";
import { toast } from "@/ui";

export interface Presses {
  press: (press: Press) => void;
  isPending: boolean;
}

/** Presses with their notice: what happened, with undo where the visit can go back. */
export function usePresses(): Presses {
  const { t } = useTranslation(["staff", "common"]);
  const { mutate, isPending } = usePress();

  const press = useCallback(
    function send(wanted: Press) {
      if (isPending) return;
      mutate(wanted, {
        onSuccess: (changed: StaffAppointment) => {
          const takesBack = wanted.action === "call";
          toast({
            text: t(`said.${wanted.action}`, { name: changed.patient.full_name }),
            ...(takesBack && {
              undo: {
                label: t("common:action.undo"),
                run: () => mutate({ action: "put-back", appointment: changed.id }),
              },
            }),
          });
        },
        onError: (error) => toast({ text: problemText(error), tone: "bad" }),
      });
    },
    [isPending, mutate, t],
  );
  return { press, isPending };
}
