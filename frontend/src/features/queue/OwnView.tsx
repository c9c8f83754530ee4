import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { StaffAppointment } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { classes } from "@/ui";
import { elapsed, minutesSince, nextStep, waitsTooLong, type Column } from "./column";
import { Called, Expected, Inside, Name, Step, Waiting } from "./ColumnView";
import type { Press } from "./data";
import styles from "./OwnView.module.css";

interface OwnViewProps {
  column: Column;
  now: number;
  onStep: () => void;
  onPress: (press: Press) => void;
  onOpen: (appointment: StaffAppointment) => void;
  pending: ReadonlySet<string>;
}

/** A practitioner's own day: who it is about now, the one next step, and the rest below. */
export function OwnView({ column, now, onStep, onPress, onOpen, pending }: OwnViewProps) {
  const { t } = useTranslation(["staff", "common"]);
  const step = nextStep(column);
  const main = step.action === "walk-in" ? null : step.appointment;
  const others = [...column.inside, ...column.called].filter((each) => each !== main);
  const waiting = column.waiting.filter((each) => each !== main);
  const card = { limits: column.limits, now, onOpen };
  const titleId = `column-${column.id}`;
  return (
    <section className={styles.own} aria-labelledby={titleId}>
      <div className={classes(styles.now, step.action === "start" && styles.called)}>
        <header className={styles.head}>
          <h2 id={titleId}>{t(TITLES[step.action])}</h2>
          <p>{t("column.room", { room: column.room })}</p>
        </header>
        {main ? (
          <>
            <Name appointment={main} onOpen={onOpen} className={styles.name} />
            {step.action === "finish" && <Progress appointment={main} now={now} />}
            {step.action === "start" && <CalledFacts appointment={main} now={now} />}
            {step.action === "call-next" && (
              <p className={styles.facts}>
                <span>
                  {t("own.booked", { time: formatTime(main.start) })} ·{" "}
                  {t("column.arrived", { time: formatTime(main.arrived_at ?? now) })}
                </span>
                <span className={classes(waitsTooLong(main, column.limits, now) && styles.late)}>
                  {t("column.waits", { minutes: minutesSince(main.arrived_at, now) })}
                </span>
              </p>
            )}
            {main.note && <p className={styles.note}>{main.note}</p>}
          </>
        ) : (
          <p className={styles.nobody}>{t("column.nobody")}</p>
        )}
      </div>
      <div className={styles.act}>
        <Step
          column={column}
          onStep={onStep}
          onPress={onPress}
          pending={pending}
          mayBook={false}
          isLarge
        />
      </div>
      <div className={styles.list}>
        {others.map((appointment) =>
          appointment.status === "called" ? (
            <Called key={appointment.id} appointment={appointment} onPress={onPress} {...card} />
          ) : (
            <Inside key={appointment.id} appointment={appointment} {...card} />
          ),
        )}
        <Group title={step.action === "call-next" ? t("own.after") : t("own.next")}>
          {waiting.map((appointment) => (
            <Waiting key={appointment.id} appointment={appointment} {...card} />
          ))}
        </Group>
        <Group title={t("own.expected")}>
          {column.expected.map((appointment) => (
            <Expected key={appointment.id} appointment={appointment} onPress={onPress} {...card} />
          ))}
        </Group>
        <Group title={t("own.missing")}>
          {column.missing.map((appointment) => (
            <Expected key={appointment.id} appointment={appointment} onPress={onPress} {...card} />
          ))}
        </Group>
        {!waiting.length && !column.expected.length && (
          <p className={styles.quiet}>{t("own.nobody_else")}</p>
        )}
        {column.done + column.missed > 0 && (
          <p className={styles.quiet}>
            {t("column.done", { count: column.done })} ·{" "}
            {t("column.missed", { count: column.missed })}
          </p>
        )}
      </div>
    </section>
  );
}

const TITLES = {
  finish: "own.inside",
  start: "own.called",
  "call-next": "own.next",
  "walk-in": "own.next",
} as const;

function Group({ title, children }: { title: string; children: ReactNode[] }) {
  if (!children.length) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>{children}</ul>
    </>
  );
}

function Progress({ appointment, now }: { appointment: StaffAppointment; now: number }) {
  const { t } = useTranslation(["staff", "common"]);
  const { minutes, planned, over, endsAt } = elapsed(appointment, now);
  return (
    <>
      <progress
        className={classes(styles.progress, over > 0 && styles.over)}
        max={planned}
        value={Math.min(minutes, planned)}
        aria-label={t("column.elapsed", { minutes, planned })}
      />
      <p className={classes(styles.facts, over > 0 && styles.late)}>
        <strong>{t("column.elapsed", { minutes, planned })}</strong>
        <span>
          {over > 0
            ? t("column.over", { minutes: over })
            : t("column.ends", { time: formatTime(endsAt) })}
        </span>
      </p>
    </>
  );
}

function CalledFacts({ appointment, now }: { appointment: StaffAppointment; now: number }) {
  const { t } = useTranslation(["staff", "common"]);
  const minutes = minutesSince(appointment.called_at, now);
  const number = appointment.call_number;
  return (
    <p className={styles.facts}>
      {minutes > 0 ? t("column.called", { minutes, number }) : t("column.called_now", { number })}
    </p>
  );
}
