import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { StaffAppointment } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { ago } from "./ago";

const KNOWN = [
  "created",
  "booked",
  "arrived",
  "called",
  "called_again",
  "in_progress",
  "fulfilled",
  "no_show",
  "cancelled",
  "undone",
  "noted",
  "room_moved",
] as const;

/** "Called by Teresa 10 s ago"; null when it was nobody of the staff. */
export function useChangeWords(): (
  appointment: StaffAppointment | undefined,
  now: number,
) => string | null {
  const { t } = useTranslation(["staff", "common"]);
  return useCallback(
    (appointment, now) => {
      const change = appointment?.changed_by;
      if (!change) return null;
      const past = ago(change.at, now);
      const when =
        past.kind === "now"
          ? t("ago.now")
          : past.kind === "at"
            ? t("ago.at", { time: formatTime(past.at) })
            : t(`ago.${past.kind}`, { count: past.count });
      const action = KNOWN.find((known) => known === change.action) ?? "other";
      const [name = change.name] = change.name.split(" ");
      return t(`by.${action}`, { name, when });
    },
    [t],
  );
}
