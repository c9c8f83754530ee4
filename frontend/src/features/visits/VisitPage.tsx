import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-aria-components";
import { isProblem } from "@/lib/api/problem";
import type { Appointment, AppointmentStatus, Visit } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatTime } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { useServerNow, useToday } from "@/lib/useNow";
import { useWords } from "@/lib/useWords";
import {
  Awaited,
  Button,
  ButtonLink,
  CalendarIcon,
  ConfirmDialog,
  EmptyState,
  Page,
  ProblemBanner,
  SkeletonList,
  toast,
} from "@/ui";
import { CalledScreen } from "./CalledScreen";
import { Connection } from "./Connection";
import { appointmentQuery, calendarHref, checkoutPath, isMissed, isOver, useCancel } from "./data";
import { useLiveVisits } from "./live";
import { TurnAlerts } from "./TurnAlerts";
import { VisitLabel, type Named } from "./VisitLabel";
import { CheckInCode, titleOf, WaitingRoom, When } from "./VisitState";
import styles from "./Visits.module.css";

const HOUR_MS = 3_600_000;

/** One appointment: before the day, on the day, at the call, and after. */
export function VisitPage({
  id,
  user,
  cancelFreeHours,
}: {
  id: string;
  user: Named;
  cancelFreeHours: number;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const appointment = useQuery(appointmentQuery(id));
  const visit = useLiveVisits().visits.find((one) => one.appointment === id);
  const back = { href: "/consultas", label: t("appointments.title") };
  const isMissing = isProblem(appointment.error) && appointment.error.status === 404;

  if (visit?.status === "called") {
    return (
      <CalledScreen visit={visit} notice={<LiveConnection />}>
        <Link className={styles.calledLink} href="/consultas">
          {t("appointments.title")}
        </Link>
      </CalledScreen>
    );
  }
  if (appointment.data) {
    return (
      <Known
        appointment={appointment.data}
        visit={visit}
        user={user}
        cancelFreeHours={cancelFreeHours}
      />
    );
  }
  return (
    <Page narrow title={t("visit.title_before")} back={back}>
      {isMissing ? (
        <EmptyState
          title={t("visit.missing_title")}
          action={<ButtonLink href="/consultas">{t("pay.see_appointments")}</ButtonLink>}
        >
          <p>{problemText(appointment.error)}</p>
        </EmptyState>
      ) : (
        <Awaited of={appointment} title={t("page.load_failed")}>
          <SkeletonList height="104px" />
        </Awaited>
      )}
    </Page>
  );
}

function Known({
  appointment,
  visit,
  user,
  cancelFreeHours,
}: {
  appointment: Appointment;
  visit: Visit | undefined;
  user: Named;
  cancelFreeHours: number;
}) {
  const { t } = useTranslation("patient");
  const today = useToday();
  const now = useServerNow(30_000);
  const status = visit?.status ?? appointment.status;
  const room = visit?.room ?? appointment.room;
  const missed = isMissed({ status, end: appointment.end }, now);
  const back = { href: "/consultas", label: t("appointments.title") };
  // What was read yesterday may not have heard of the end: no turn of yesterday is shown.
  if (!isOver(status) && civilDate(appointment.start) < today) {
    return (
      <Page narrow title={t("visit.day_over_title")} back={back}>
        <EmptyState
          title={t("visit.day_over_text")}
          action={<ButtonLink href="/">{t("visit.book_again")}</ButtonLink>}
        />
      </Page>
    );
  }
  return (
    <Page narrow title={t(`visit.${titleOf(status, missed)}`)} back={back}>
      <div className={styles.stack}>
        {visit && !isOver(status) ? <LiveConnection /> : null}
        <State
          appointment={appointment}
          visit={visit}
          status={status}
          missed={missed}
          room={room}
        />
        {visit && !missed && (status === "booked" || status === "arrived") ? (
          <TurnAlerts keep="open" />
        ) : null}
        {status === "booked" || status === "arrived" ? (
          <VisitLabel
            appointment={appointment}
            user={user}
            ticket={visit?.ticket ?? appointment.ticket}
          />
        ) : null}
        <Actions appointment={appointment} status={status} cancelFreeHours={cancelFreeHours} />
      </div>
    </Page>
  );
}

function LiveConnection() {
  const { state, heardAt } = useLiveVisits();
  const freshness = state === "lost" ? "lost" : state === "stale" ? "old" : "fresh";
  return <Connection freshness={freshness} asOf={heardAt} />;
}

function State({
  appointment,
  visit,
  status,
  missed,
  room,
}: {
  appointment: Appointment;
  visit: Visit | undefined;
  status: AppointmentStatus;
  missed: boolean;
  room: string;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const words = useWords();
  const roomWord = t("common:room", { room });
  if (status === "arrived") return <WaitingRoom visit={visit} room={room} />;
  return (
    <>
      <When
        start={appointment.start}
        what={`${words.name(appointment.specialty)}, ${t("visit.with", { name: appointment.practitioner.name })}`}
      />
      {missed ? <p>{t("visit.missed_text")}</p> : null}
      {status === "booked" && !missed && appointment.check_in_code ? (
        <CheckInCode code={appointment.check_in_code} />
      ) : null}
      {status === "pending" ? (
        <p>
          {appointment.hold_expires_at
            ? t("visit.pending_text", { time: formatTime(appointment.hold_expires_at) })
            : null}
        </p>
      ) : null}
      {status === "called" ? <p>{t("visit.called_text", { room: roomWord })}</p> : null}
      {status === "in_progress" ? <p>{t("visit.in_progress_text", { room: roomWord })}</p> : null}
      {status === "fulfilled" ||
      status === "no_show" ||
      status === "cancelled" ||
      status === "expired" ? (
        <p>{t(`visit.${status}_text`)}</p>
      ) : null}
    </>
  );
}

function Actions({
  appointment,
  status,
  cancelFreeHours,
}: {
  appointment: Appointment;
  status: AppointmentStatus;
  cancelFreeHours: number;
}) {
  const { t } = useTranslation("patient");
  const [isAsking, setAsking] = useState(false);
  const cancel = useCancel();
  const now = useServerNow(30_000);
  const hoursLeft = (new Date(appointment.start).getTime() - now) / HOUR_MS;
  const isRefunded = appointment.is_refundable && hoursLeft >= cancelFreeHours;
  const isLive = status === "pending" || status === "booked";
  const isEnded = status === "expired" || status === "cancelled" || status === "no_show";

  return (
    <>
      <div className={styles.actions}>
        {status === "pending" && appointment.checkout_url ? (
          <ButtonLink variant="terra" size="large" href={checkoutPath(appointment.checkout_url)}>
            {t("visit.pay_now")}
          </ButtonLink>
        ) : null}
        {status === "booked" ? (
          <ButtonLink href={calendarHref(appointment.id)} download="vez.ics">
            <CalendarIcon />
            {t("visit.calendar")}
          </ButtonLink>
        ) : null}
        {isEnded ? <ButtonLink href="/">{t("visit.book_again")}</ButtonLink> : null}
        {status === "fulfilled" ? (
          <>
            <ButtonLink href="/">{t("visit.book_again")}</ButtonLink>
            <ButtonLink variant="quiet" href="/faturas">
              {t("visit.see_invoices")}
            </ButtonLink>
          </>
        ) : null}
      </div>
      {isLive ? (
        <div className={styles.minor}>
          {appointment.can_reschedule ? (
            <ButtonLink variant="plain" href={`/consultas/${appointment.id}/mudar`}>
              {t("visit.reschedule")}
            </ButtonLink>
          ) : null}
          {appointment.can_cancel ? (
            <Button variant="danger" onPress={() => setAsking(true)}>
              {t("visit.cancel")}
            </Button>
          ) : null}
        </div>
      ) : null}
      <ConfirmDialog
        title={t("visit.cancel_title")}
        isOpen={isAsking}
        onClose={() => {
          setAsking(false);
          cancel.reset();
        }}
        onConfirm={() =>
          cancel.mutate(appointment.id, {
            onSuccess: () => {
              setAsking(false);
              toast({ text: t("visit.cancelled_toast") });
            },
          })
        }
        isPending={cancel.isPending}
        confirmLabel={t("visit.cancel_confirm")}
        keepLabel={t("visit.cancel_keep")}
      >
        <p>
          {status === "pending"
            ? t("visit.cancel_unpaid")
            : t(isRefunded ? "visit.cancel_refunded" : "visit.cancel_late", {
                hours: cancelFreeHours,
              })}
        </p>
        <ProblemBanner error={cancel.error} />
      </ConfirmDialog>
    </>
  );
}
