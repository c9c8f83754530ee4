import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { SlotPicker } from "@/features/booking";
import { appointmentQuery, useReschedule } from "@/features/visits";
import type { Appointment } from "@/lib/api/types";
import { useWords } from "@/lib/useWords";
import { Awaited, Button, Page, ProblemBanner, toast } from "@/ui";
import { useClinic } from "../clinic";
import styles from "./Pages.module.css";

export function Reschedule({ id }: { id: string }) {
  const { t } = useTranslation(["patient", "common"]);
  const { dayAndTime } = useWords();
  const appointment = useQuery(appointmentQuery(id));
  return (
    <Page
      title={t("visit.reschedule_title")}
      back={{ href: `/consultas/${id}`, label: t("visit.title_before") }}
      lead={
        appointment.data
          ? t("visit.reschedule_now", { when: dayAndTime(appointment.data.start) })
          : undefined
      }
      narrow
    >
      {appointment.data ? <Choosing appointment={appointment.data} /> : null}
      <Awaited of={appointment} />
    </Page>
  );
}

function Choosing({ appointment }: { appointment: Appointment }) {
  const { t } = useTranslation("patient");
  const { dayAndTime } = useWords();
  const navigate = useNavigate();
  const clinic = useClinic();
  const reschedule = useReschedule(appointment.id);
  const [start, setStart] = useState<string | null>(null);
  const pick = useCallback((next: string | null) => setStart(next), []);

  function move() {
    if (start === null) return;
    reschedule.mutate(
      { start, practitioner: appointment.practitioner.id },
      {
        onSuccess: (moved) => {
          toast({ text: t("visit.rescheduled_toast", { when: dayAndTime(moved.start) }) });
          void navigate(`/consultas/${appointment.id}`, { replace: true });
        },
      },
    );
  }

  return (
    <>
      <ProblemBanner error={reschedule.error} />
      <SlotPicker
        specialty={appointment.specialty.code}
        practitioner={appointment.practitioner.id}
        start={start}
        onStart={pick}
        phone={clinic?.phone ?? ""}
      />
      {start ? (
        <div className={styles.bar}>
          <Button variant="terra" size="large" isPending={reschedule.isPending} onPress={move}>
            {t("visit.reschedule_confirm", { when: dayAndTime(start) })}
          </Button>
        </div>
      ) : null}
    </>
  );
}
