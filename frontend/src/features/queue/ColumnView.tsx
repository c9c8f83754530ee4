import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { DayLimits, StaffAppointment } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { useWords } from "@/lib/useWords";
import { Button, classes, NoteIcon, Pill } from "@/ui";
import {
  elapsed,
  isLate,
  isUnheard,
  lateness,
  minutesSince,
  nextStep,
  waitsTooLong,
  type Column,
} from "./column";
import styles from "./ColumnView.module.css";
import type { Press } from "./data";

interface ColumnViewProps extends StepProps {
  now: number;
  number: number;
  isMine: boolean;
  isFocused: boolean;
  onOpen: (appointment: StaffAppointment) => void;
}

export function ColumnView(props: ColumnViewProps) {
  const { t } = useTranslation(["staff", "common"]);
  const { column, now, number, isFocused, onOpen, onPress } = props;
  const titleId = `column-${column.id}`;
  const card = { limits: column.limits, now, onOpen };
  const isFree = !column.inside.length && !column.called.length;
  return (
    <section
      className={classes(styles.column, isFocused && styles.focused)}
      aria-labelledby={titleId}
    >
      <header className={styles.head}>
        <h2 id={titleId} className={styles.name}>
          {column.name}
          {props.isMine && <span className={styles.mine}>{t("column.me")}</span>}
        </h2>
        <p className={styles.room}>{t("column.room", { room: column.room })}</p>
        <kbd className={styles.number}>{number}</kbd>
      </header>
      <div className={styles.list}>
        {column.inside.map((appointment) => (
          <Inside key={appointment.id} appointment={appointment} {...card} />
        ))}
        {column.called.map((appointment) => (
          <Called key={appointment.id} appointment={appointment} onPress={onPress} {...card} />
        ))}
        {isFree && <p className={styles.free}>{t("column.free")}</p>}
        <ul>
          {column.waiting.map((appointment) => (
            <Waiting key={appointment.id} appointment={appointment} {...card} />
          ))}
          {[...column.expected, ...column.missing].map((appointment) => (
            <Expected key={appointment.id} appointment={appointment} onPress={onPress} {...card} />
          ))}
        </ul>
        {column.done + column.missed > 0 && (
          <p className={styles.done}>
            {t("column.done", { count: column.done })} ·{" "}
            {t("column.missed", { count: column.missed })}
          </p>
        )}
      </div>
      <Step {...props} />
    </section>
  );
}

/** Ticket and name, with a mark when the team left a note. */
export function Who({ appointment }: { appointment: StaffAppointment }) {
  const { t } = useTranslation(["staff", "common"]);
  const { ticket, patient, note } = appointment;
  return (
    <>
      {ticket ? `${ticket} · ${patient.full_name}` : patient.full_name}
      {note && (
        <span className={styles.noteMark} title={note}>
          {" "}
          <NoteIcon size={16} />
          <span className="visually-hidden">{t("column.has_note")}</span>
        </span>
      )}
    </>
  );
}

interface CardProps {
  appointment: StaffAppointment;
  now: number;
  onOpen: (appointment: StaffAppointment) => void;
}

interface LimitedProps extends CardProps {
  limits: DayLimits;
}

/** Wraps between words. A single word that is wider than the column ends in an ellipsis. */
export function Name({
  appointment,
  onOpen,
  className,
}: Omit<CardProps, "now"> & { className: string | undefined }) {
  return (
    <button
      type="button"
      className={className}
      title={appointment.patient.full_name}
      data-appointment={appointment.id}
      onClick={() => onOpen(appointment)}
    >
      <Who appointment={appointment} />
    </button>
  );
}

export function Inside({ appointment, now, onOpen }: CardProps) {
  const { t } = useTranslation(["staff", "common"]);
  const { minutes, planned, over, endsAt } = elapsed(appointment, now);
  return (
    <article className={classes(styles.card, over > 0 && styles.over)}>
      <Name appointment={appointment} onOpen={onOpen} className={styles.cardName} />
      <progress
        className={styles.progress}
        max={planned}
        value={Math.min(minutes, planned)}
        aria-label={t("column.elapsed", { minutes, planned })}
      />
      <p className={styles.facts}>
        <span>{t("column.elapsed", { minutes, planned })}</span>
        <span>
          {over > 0
            ? t("column.over", { minutes: over })
            : t("column.ends", { time: formatTime(endsAt) })}
        </span>
      </p>
    </article>
  );
}

export function Called({
  appointment,
  limits,
  now,
  onOpen,
  onPress,
}: LimitedProps & { onPress: (press: Press) => void }) {
  const { t } = useTranslation(["staff", "common"]);
  const minutes = minutesSince(appointment.called_at, now);
  const number = appointment.call_number;
  return (
    <article className={classes(styles.card, styles.calledCard)}>
      <Name appointment={appointment} onOpen={onOpen} className={styles.cardName} />
      <p className={classes(isUnheard(appointment, limits, now) && styles.tooLong)}>
        {minutes > 0 ? t("column.called", { minutes, number }) : t("column.called_now", { number })}
      </p>
      <div className={styles.cardActions}>
        <Button
          variant="plain"
          size="small"
          onPress={() => onPress({ action: "call-again", appointment: appointment.id })}
        >
          {t("action.call-again")}
        </Button>
        <Button
          variant="plain"
          size="small"
          onPress={() => onPress({ action: "put-back", appointment: appointment.id })}
        >
          {t("action.put-back")}
        </Button>
      </div>
    </article>
  );
}

function Row({
  appointment,
  onOpen,
  note,
  faint,
  isLate,
  hasButton,
  children,
}: Omit<CardProps, "now"> & {
  note: ReactNode;
  faint?: boolean;
  isLate?: boolean;
  hasButton?: boolean;
  children: ReactNode;
}) {
  return (
    <li className={classes(styles.row, faint && styles.faint, hasButton && styles.pressable)}>
      <time className={styles.time}>{formatTime(appointment.start)}</time>
      <Name appointment={appointment} onOpen={onOpen} className={styles.rowName} />
      <p className={classes(styles.note, isLate && styles.lateNote)}>{note}</p>
      <div className={styles.rowEnd}>{children}</div>
    </li>
  );
}

export function Waiting({ appointment, limits, now, onOpen }: LimitedProps) {
  const { t } = useTranslation(["staff", "common"]);
  const waited = minutesSince(appointment.arrived_at, now);
  const words = useWords();
  const { told, wait } = appointment;
  const isOverdue = waitsTooLong(appointment, limits, now);
  return (
    <Row
      appointment={appointment}
      onOpen={onOpen}
      isLate={isOverdue}
      note={
        <>
          <span>{t("column.waits", { minutes: waited })}</span>{" "}
          {told && <span>{t("column.told", { wait: words.wait(told) })}</span>}
        </>
      }
    >
      {wait && <Pill tone={isOverdue ? "terra" : "sage"}>{words.wait(wait)}</Pill>}
    </Row>
  );
}

export function Expected({
  appointment,
  limits,
  now,
  onOpen,
  onPress,
}: LimitedProps & { onPress: (press: Press) => void }) {
  const { t } = useTranslation(["staff", "common"]);
  if (appointment.status === "pending") {
    return (
      <Row
        appointment={appointment}
        onOpen={onOpen}
        faint
        note={t("column.unpaid", {
          time: formatTime(appointment.hold_expires_at ?? appointment.start),
        })}
      >
        <Pill tone="amber">{t("column.held")}</Pill>
      </Row>
    );
  }
  const late = lateness(appointment, now);
  const isPastHour = isLate(appointment, limits, now);
  const note = appointment.is_missed
    ? t("column.did_not_come")
    : late > 0
      ? t("column.late", { minutes: late })
      : t("column.not_here");
  return (
    <Row
      appointment={appointment}
      onOpen={onOpen}
      hasButton
      faint={appointment.is_missed}
      isLate={isPastHour}
      note={note}
    >
      <Button
        variant="quiet"
        size="small"
        className={classes(styles.arrive, isPastHour && styles.lateButton)}
        onPress={() => onPress({ action: "arrive", appointment: appointment.id })}
        aria-label={`${t("action.arrive")}: ${appointment.patient.full_name}`}
      >
        {t("action.arrive")}
      </Button>
    </Row>
  );
}

const KEYS = { "call-next": "C", start: "I", finish: "F", "walk-in": "N" } as const;
const WORDS = {
  "call-next": "step.call",
  start: "step.start",
  finish: "step.finish",
  "walk-in": "step.walk_in",
} as const;

interface StepProps {
  column: Column;
  onStep: () => void;
  onPress: (press: Press) => void;
  /** The appointments whose press has no answer yet. */
  pending: ReadonlySet<string>;
  mayBook: boolean;
  isLarge?: boolean;
}

/** The one step that comes next, and the key that does it. */
export function Step({ column, onStep, onPress, pending, mayBook, isLarge }: StepProps) {
  const { t } = useTranslation(["staff", "common"]);
  const step = nextStep(column);
  const [waiting] = column.waiting;
  const callsToo = step.action === "finish" && waiting && !column.called.length;
  const main = step.action === "walk-in" ? null : step.appointment;
  return (
    <footer className={styles.step}>
      {callsToo && (
        <Button
          variant="plain"
          size="small"
          wide
          isPending={pending.has(waiting.id)}
          onPress={() => onPress({ action: "call", appointment: waiting.id })}
        >
          {t("step.call", { ticket: waiting.ticket })} <kbd className={styles.quietKey}>C</kbd>
        </Button>
      )}
      {(step.action !== "walk-in" || mayBook) && (
        <Button
          data-next-step=""
          size={isLarge ? "large" : "medium"}
          variant={step.action === "walk-in" ? "quiet" : "pine"}
          wide
          onPress={onStep}
          isPending={main !== null && pending.has(main.id)}
        >
          {t(WORDS[step.action], { ticket: main?.ticket ?? "" })}{" "}
          <kbd className={styles.key} aria-hidden="true">
            {KEYS[step.action]}
          </kbd>
        </Button>
      )}
    </footer>
  );
}
