import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { roomsQuery } from "@/lib/api/catalogue";
import type { AppointmentStatus, StaffAppointment } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { useServerNow } from "@/lib/useNow";
import { Banner, Button, ConfirmDialog, Dialog, Select } from "@/ui";
import styles from "@/ui/DialogForm.module.css";
import type { Move, Press } from "./data";
import { NoteField, type NoteDraft } from "./NoteField";
import { useChangeWords } from "./useChangeWords";

const MOVES: Record<AppointmentStatus, readonly Move[]> = {
  pending: ["cancel"],
  booked: ["arrive", "no-show", "cancel"],
  arrived: ["call", "no-show"],
  called: ["start", "call-again", "put-back", "no-show"],
  in_progress: ["finish"],
  fulfilled: [],
  expired: [],
  cancelled: [],
  no_show: [],
};
const FINAL: ReadonlySet<Move> = new Set(["no-show", "cancel"]);
const MOVABLE: ReadonlySet<AppointmentStatus> = new Set([
  "booked",
  "arrived",
  "called",
  "in_progress",
]);

/** On another day nobody can arrive; an hour can still be given up. */
const ON_OTHER_DAYS: ReadonlySet<Move> = new Set(["cancel"]);

interface AppointmentDialogProps {
  /** Null while none is open, and when an open one has left its day. */
  appointment: StaffAppointment | null;
  isOpen: boolean;
  onClose: () => void;
  onPress: (press: Press) => Promise<boolean>;
  isToday?: boolean;
}

/** One appointment: what is known, and every step that its state allows. */
export function AppointmentDialog({ appointment, isOpen, ...props }: AppointmentDialogProps) {
  const [last, setLast] = useState(appointment);
  // What was begun outlives a look at something else.
  const [drafts, setDrafts] = useState<Readonly<Record<string, NoteDraft | undefined>>>({});
  if (appointment && appointment !== last) setLast(appointment);
  const shown = appointment ?? last;
  if (!isOpen || !shown) return null;
  if (!appointment) return <Gone appointment={shown} onClose={props.onClose} />;
  return (
    <Details
      key={appointment.id}
      appointment={appointment}
      draft={drafts[appointment.id]}
      onDraft={(draft) => setDrafts((all) => ({ ...all, [appointment.id]: draft }))}
      {...props}
    />
  );
}

/** It was moved to another day, or its hold ran out, while somebody was looking at it. */
function Gone({ appointment, onClose }: { appointment: StaffAppointment; onClose: () => void }) {
  const { t } = useTranslation(["staff", "common"]);
  return (
    <Dialog
      title={appointment.patient.full_name}
      isOpen
      onClose={onClose}
      actions={<Button onPress={onClose}>{t("common:action.close")}</Button>}
    >
      <Banner tone="amber" live>
        <p>{t("detail.gone", { time: formatTime(appointment.start) })}</p>
      </Banner>
    </Dialog>
  );
}

function Details({
  appointment,
  draft,
  onDraft,
  onClose,
  onPress,
  isToday = true,
}: Omit<AppointmentDialogProps, "isOpen"> & {
  appointment: StaffAppointment;
  draft: NoteDraft | undefined;
  onDraft: (draft: NoteDraft | undefined) => void;
}) {
  const { t } = useTranslation(["staff", "common"]);
  const language = useLanguage();
  const rooms = useQuery(roomsQuery);
  const [asking, setAsking] = useState<Move | null>(null);
  const now = useServerNow(5000);
  const changed = useChangeWords()(appointment, now);
  const isUndoable =
    appointment.undo_until !== null && now < new Date(appointment.undo_until).getTime();
  const { id, status, undo_until } = appointment;
  const [opened] = useState(status);
  const name = appointment.patient.full_name;
  // Whoever presses here closes the dialog: while it is open, others change the status.
  const meanwhile = opened === status ? null : (changed ?? t(`common:status.${status}`));
  const moves = MOVES[status].filter((move) => isToday || ON_OTHER_DAYS.has(move));

  function press(action: Move) {
    void onPress(
      action === "undo" ? { action, appointment: id, undo_until } : { action, appointment: id },
    );
    onClose();
  }

  if (asking && moves.includes(asking)) {
    const kind = asking === "cancel" ? "cancel" : "no_show";
    return (
      <ConfirmDialog
        title={t(`confirm.${kind}_title`)}
        isOpen
        onClose={() => setAsking(null)}
        onConfirm={() => press(asking)}
        confirmLabel={t(`action.${asking}`)}
        keepLabel={t("common:action.back")}
      >
        <p>{t(`confirm.${kind}_text`, { name })}</p>
      </ConfirmDialog>
    );
  }
  return (
    <Dialog
      title={name}
      isOpen
      onClose={onClose}
      actions={
        <>
          {moves.map((move, index) => (
            <Button
              key={move}
              variant={FINAL.has(move) ? "danger" : index === 0 ? "pine" : "quiet"}
              onPress={() => (FINAL.has(move) ? setAsking(move) : press(move))}
            >
              {t(`action.${move}`)}
            </Button>
          ))}
          {isUndoable && (
            <Button variant="quiet" onPress={() => press("undo")}>
              {t("action.undo")}
            </Button>
          )}
          <Button variant="plain" onPress={onClose}>
            {t("common:action.close")}
          </Button>
        </>
      }
    >
      {meanwhile !== null && (
        <Banner tone="amber" live>
          <p>{t("detail.meanwhile", { done: meanwhile })}</p>
        </Banner>
      )}
      <dl className={styles.facts}>
        <div>
          <dt>{t("detail.specialty")}</dt>
          <dd>
            {language === "pt" ? appointment.specialty.name_pt : appointment.specialty.name_en}
          </dd>
        </div>
        <div>
          <dt>{t("detail.time")}</dt>
          <dd>
            {formatTime(appointment.start)}–{formatTime(appointment.end)}
          </dd>
        </div>
        <div>
          <dt>{t("detail.status")}</dt>
          <dd>{t(`common:status.${status}`)}</dd>
        </div>
        {appointment.ticket && (
          <div>
            <dt>{t("detail.ticket")}</dt>
            <dd>{appointment.ticket}</dd>
          </div>
        )}
        <div>
          <dt>{t("detail.screen_name")}</dt>
          <dd>{appointment.label || "–"}</dd>
        </div>
        {changed && (
          <div>
            <dt>{t("detail.changed")}</dt>
            <dd>{changed}</dd>
          </div>
        )}
      </dl>
      {MOVABLE.has(status) && (
        <Select
          label={t("detail.room")}
          options={(rooms.data ?? []).map((room) => ({ value: room.id, label: room.name }))}
          value={appointment.room.id}
          placeholder={t("detail.choose_room")}
          onChange={(room) => {
            if (room !== appointment.room.id) {
              void onPress({ action: "move-room", appointment: id, room });
            }
          }}
        />
      )}
      <NoteField
        note={appointment.note}
        draft={draft}
        onDraft={onDraft}
        onSave={({ text, was }) => onPress({ action: "note", appointment: id, note: text, was })}
      />
    </Dialog>
  );
}
