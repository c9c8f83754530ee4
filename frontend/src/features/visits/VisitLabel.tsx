import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Appointment, LabelChoice, User } from "@/lib/api/types";
import { screenLabel } from "@/lib/label";
import { Button, Dialog, ProblemBanner, RadioCards, ScreenPreview, toast } from "@/ui";
import { useVisitLabel } from "./data";
import styles from "./Visits.module.css";

const EXAMPLE_TICKET = "A012";
const CHOICES: readonly LabelChoice[] = ["short", "ticket", "full"];

export type Named = Pick<User, "full_name" | "label_choice">;

interface VisitLabelProps {
  appointment: Appointment;
  user: Named;
  /** The day's ticket, once there is one. */
  ticket: string;
}

/** How the screens name me at this visit, and the way to change it for this visit only. */
export function VisitLabel({ appointment, user, ticket }: VisitLabelProps) {
  const { t } = useTranslation("patient");
  const [isOpen, setOpen] = useState(false);
  const choice = appointment.label_choice || user.label_choice;
  return (
    <div className={styles.label}>
      <p>
        <span className={styles.labelTerm}>{t("visit.label_title")}</span>
        <strong>{screenLabel(user.full_name, choice, ticket || t("label.ticket"))}</strong>
      </p>
      <Button variant="plain" aria-label={t("visit.label_change")} onPress={() => setOpen(true)}>
        {t("pay.invoice.change")}
      </Button>
      {isOpen ? (
        <LabelDialog
          appointment={appointment}
          user={user}
          ticket={ticket}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </div>
  );
}

function LabelDialog({
  appointment,
  user,
  ticket,
  onClose,
}: VisitLabelProps & { onClose: () => void }) {
  const { t } = useTranslation(["patient", "common"]);
  const [choice, setChoice] = useState<LabelChoice>(appointment.label_choice || user.label_choice);
  const save = useVisitLabel(appointment.id);
  return (
    <Dialog
      title={t("visit.label_title")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button
            isPending={save.isPending}
            onPress={() =>
              save.mutate(choice, {
                onSuccess: () => {
                  toast({ text: t("label.saved") });
                  onClose();
                },
              })
            }
          >
            {t("visit.label_save")}
          </Button>
          <Button variant="plain" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
        </>
      }
    >
      <p className={styles.labelTerm}>{t("visit.label_text")}</p>
      <RadioCards
        label={t("label.legend")}
        hideLabel
        value={choice}
        onChange={(next) => setChoice(next as LabelChoice)}
        cards={CHOICES.map((one) => ({ value: one, title: t(`label.${one}`) }))}
      />
      <ScreenPreview
        title={t("label.preview")}
        label={screenLabel(user.full_name, choice, ticket || EXAMPLE_TICKET)}
        roomWord={t("visit.room")}
        room={appointment.room}
      />
      <ProblemBanner error={save.error} />
    </Dialog>
  );
}
