import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "@/ui";
import type { Presses } from "./usePresses";

/** Somebody is in another treatment: what is in the way, and what becomes of it if it is meant. */
export function BusyDialog({ blocked, decide }: Pick<Presses, "blocked" | "decide">) {
  const { t } = useTranslation(["staff", "common"]);
  if (!blocked) return null;
  const { press, name, others } = blocked;
  return (
    <ConfirmDialog
      title={t(`busy.${press.action}`, { name })}
      isOpen
      onClose={() => decide(false)}
      onConfirm={() => decide(true)}
      confirmLabel={t("busy.anyway")}
      keepLabel={t("common:action.back")}
    >
      {others.map(({ appointment, status, ends, patient, practitioner, room }) => (
        <p key={appointment}>
          {t(`busy.is.${status}`, { patient, practitioner, room })}{" "}
          {ends ? t(`busy.ends.${status}`) : null}
        </p>
      ))}
    </ConfirmDialog>
  );
}
