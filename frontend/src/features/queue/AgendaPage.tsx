import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { StaffAppointment, User } from "@/lib/api/types";
import { addDays, civilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { formatDayLong, formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import {
  Awaited,
  Button,
  ChevronLeftIcon,
  ChevronRightIcon,
  EmptyState,
  Pill,
  SkeletonList,
  type Tone,
} from "@/ui";
import styles from "@/ui/ListPage.module.css";
import { AppointmentDialog } from "./AppointmentDialog";
import { findAppointment } from "./column";
import { dayQuery } from "./data";
import { usePresses } from "./usePresses";

const TONES: Partial<Record<StaffAppointment["status"], Tone>> = {
  pending: "amber",
  called: "amber",
  no_show: "terra",
  cancelled: "faint",
  expired: "faint",
  fulfilled: "faint",
};

/** Any day, practitioner by practitioner. */
export function AgendaPage({ me }: { me: Pick<User, "full_name"> }) {
  const { t } = useTranslation(["staff", "common"]);
  const language = useLanguage();
  const today = civilDate(serverClock.now());
  const [date, setDate] = useState(today);
  const day = useQuery(dayQuery(date));
  const { press } = usePresses(me.full_name);
  const [openId, setOpenId] = useState<string | null>(null);
  const busy = day.data?.practitioners.filter((each) => each.appointments.length) ?? [];

  return (
    <main className={styles.page} id="content">
      <div className={styles.head}>
        <h1 className={styles.title}>{formatDayLong(date, language)}</h1>
        <div className={styles.tools}>
          <Button
            variant="quiet"
            aria-label={t("agenda.previous")}
            onPress={() => setDate(addDays(date, -1))}
          >
            <ChevronLeftIcon />
          </Button>
          <Button variant="quiet" isDisabled={date === today} onPress={() => setDate(today)}>
            {t("agenda.today")}
          </Button>
          <Button
            variant="quiet"
            aria-label={t("agenda.next")}
            onPress={() => setDate(addDays(date, 1))}
          >
            <ChevronRightIcon />
          </Button>
        </div>
      </div>
      <Awaited of={day}>
        <SkeletonList count={5} />
      </Awaited>
      {day.data && busy.length === 0 && (
        <EmptyState title={t("agenda.empty")}>
          <p>{t("agenda.empty_text")}</p>
        </EmptyState>
      )}
      <div className={styles.columns}>
        {busy.map((practitioner) => (
          <section key={practitioner.id} className={styles.panel}>
            <h2>{practitioner.name}</h2>
            <ul>
              {[...practitioner.appointments]
                .sort((a, b) => a.start.localeCompare(b.start))
                .map((appointment) => (
                  <li key={appointment.id} className={styles.row}>
                    <time>{formatTime(appointment.start)}</time>
                    <span>
                      <button
                        type="button"
                        className={styles.open}
                        title={appointment.patient.full_name}
                        onClick={() => setOpenId(appointment.id)}
                      >
                        {appointment.patient.full_name}
                      </button>
                      <span className={styles.quiet}>
                        {language === "pt"
                          ? appointment.specialty.name_pt
                          : appointment.specialty.name_en}
                      </span>
                    </span>
                    <Pill tone={TONES[appointment.status] ?? "sage"}>
                      {t(`common:status.${appointment.status}`)}
                    </Pill>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
      <AppointmentDialog
        appointment={openId === null ? null : (findAppointment(day.data, openId) ?? null)}
        isOpen={openId !== null}
        isToday={date === today}
        onClose={() => setOpenId(null)}
        onPress={press}
      />
    </main>
  );
}
