import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-aria-components";
import type { Appointment } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatTime } from "@/lib/format";
import { useServerNow } from "@/lib/useNow";
import { useWords } from "@/lib/useWords";
import {
  Awaited,
  Button,
  ButtonLink,
  classes,
  EmptyState,
  Page,
  Pill,
  SkeletonList,
  type Tone,
} from "@/ui";
import { appointmentsQuery, checkoutPath, patientWord, upcomingAndPast } from "./data";
import styles from "./Visits.module.css";

/** All my appointments: what is to come first, what is over below. */
export function AppointmentsPage() {
  const { t } = useTranslation(["patient", "common"]);
  const now = useServerNow(30_000);
  const list = useInfiniteQuery(appointmentsQuery);
  const appointments = list.data?.pages.flatMap((page) => page.results) ?? [];
  const { upcoming, past } = upcomingAndPast(appointments, now);

  return (
    <Page title={t("appointments.title")} narrow>
      <Awaited of={list} title={t("page.load_failed")}>
        <SkeletonList height="88px" />
      </Awaited>
      {list.data ? (
        <>
          <section className={styles.section} aria-labelledby="upcoming">
            <h2 id="upcoming" className={styles.sectionTitle}>
              {t("appointments.upcoming")}
            </h2>
            {upcoming.length ? (
              <AppointmentList appointments={upcoming} />
            ) : (
              <EmptyState
                title={t("appointments.empty_title")}
                action={<ButtonLink href="/">{t("appointments.book")}</ButtonLink>}
              >
                <p>{t("appointments.empty_text")}</p>
              </EmptyState>
            )}
          </section>
          {past.length ? (
            <section className={classes(styles.section, styles.past)} aria-labelledby="past">
              <h2 id="past" className={styles.sectionTitle}>
                {t("appointments.past")}
              </h2>
              <AppointmentList appointments={past} />
            </section>
          ) : null}
          {list.hasNextPage ? (
            <Button
              variant="quiet"
              isPending={list.isFetchingNextPage}
              onPress={() => void list.fetchNextPage()}
            >
              {t("common:action.more")}
            </Button>
          ) : null}
        </>
      ) : null}
    </Page>
  );
}

function AppointmentList({ appointments }: { appointments: readonly Appointment[] }) {
  return (
    <ul className={styles.list}>
      {appointments.map((appointment) => (
        <Item key={appointment.id} appointment={appointment} />
      ))}
    </ul>
  );
}

function Item({ appointment }: { appointment: Appointment }) {
  const { t } = useTranslation("patient");
  const words = useWords();
  return (
    <li className={styles.item}>
      <Link className={styles.itemLink} href={`/consultas/${appointment.id}`}>
        {words.day(civilDate(appointment.start))} · {formatTime(appointment.start)}
      </Link>
      <p className={styles.itemWhat}>
        {words.name(appointment.specialty)},{" "}
        {t("visit.with", { name: appointment.practitioner.name })}
      </p>
      <div className={styles.itemAside}>
        {appointment.status === "pending" && appointment.checkout_url ? (
          <ButtonLink variant="terra" href={checkoutPath(appointment.checkout_url)}>
            {t("appointments.pay")}
          </ButtonLink>
        ) : (
          <StatusPill appointment={appointment} />
        )}
      </div>
    </li>
  );
}

function StatusPill({ appointment }: { appointment: Appointment }) {
  const { t } = useTranslation(["patient", "common"]);
  const { status } = appointment;
  if (status === "arrived" || status === "called" || status === "in_progress") {
    return (
      <Pill tone={status === "called" ? "amber" : "sage"}>{t(`common:status.${status}`)}</Pill>
    );
  }
  const word = patientWord(status);
  const tone: Tone = word === "booked" ? "sage" : word === "pending" ? "amber" : "faint";
  const text =
    word === "pending" || word === "booked" || word === "finished"
      ? t(`appointments.state.${word}`)
      : t(`common:status.${word}`);
  return <Pill tone={tone}>{text}</Pill>;
}
