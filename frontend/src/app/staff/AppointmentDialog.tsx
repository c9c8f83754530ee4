import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { roomsQuery, type Move, type Press } from "@/features/queue/data";
import type { AppointmentStatus, StaffAppointment } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { useServerNow } from "@/lib/useNow";
import { Button, ConfirmDialog, Dialog, Select, TextAreaField } from "@/ui";
import styles from "./Dialogs.module.css";
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
const NOTE_LENGTH = 500;
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
  appointment: StaffAppointment | null;
  onClose: () => void;
  onPress: (press: Press) => void;
  isToday?: boolean;
}

/** One appointment: what is known, and every step that its state allows. */
export function AppointmentDialog({ appointment, ...props }: AppointmentDialogProps) {
  if (!appointment) return null;
  return <Details key={appointment.id} appointment={appointment} {...props} />;
}

function Details({
  appointment,
  onClose,
  onPress,
  isToday = true,
}: AppointmentDialogProps & { appointment: StaffAppointment }) {
  const { t } = useTranslation(["staff", "common"]);
  const language = useLanguage();
  const rooms = useQuery(roomsQuery);
  const [asking, setAsking] = useState<Move | null>(null);
  const now = useServerNow(5000);
  const changed = useChangeWords()(appointment, now);
  const isUndoable =
    appointment.undo_until !== null && now < new Date(appointment.undo_until).getTime();
  const name = appointment.patient.full_name;

  function press(action: Move) {
    onPress({ action, appointment: appointment.id });
    onClose();
  }

  if (asking) {
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
  const moves = MOVES[appointment.status].filter((move) => isToday || ON_OTHER_DAYS.has(move));
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
          <dd>{t(`common:status.${appointment.status}`)}</dd>
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
      {MOVABLE.has(appointment.status) && (
        <Select
          label={t("detail.room")}
          options={(rooms.data ?? []).map((room) => ({ value: room.id, label: room.name }))}
          value={appointment.room.id}
          placeholder={t("detail.choose_room")}
          onChange={(room) => {
            if (room !== appointment.room.id) {
              onPress({ action: "move-room", appointment: appointment.id, room });
            }
          }}
        />
      )}
      <Note
        note={appointment.note}
        onSave={(note) => onPress({ action: "note", appointment: appointment.id, note })}
      />
    </Dialog>
  );
}

/** What the team should know; a draft is the writer's own until it is saved. */
function Note({ note, onSave }: { note: string; onSave: (note: string) => void }) {
  const { t } = useTranslation(["staff", "common"]);
  const [draft, setDraft] = useState<string | null>(null);
  const isChanged = draft !== null && draft.trim() !== note;
  return (
    <div className={styles.noteField}>
      <TextAreaField
        label={t("detail.note")}
        hint={t("detail.note_hint")}
        maxLength={NOTE_LENGTH}
        value={draft ?? note}
        onChange={setDraft}
      />
      {isChanged && (
        <Button
          variant="quiet"
          size="small"
          onPress={() => {
            onSave(draft.trim());
            setDraft(null);
          }}
        >
          {t("detail.save_note")}
        </Button>
      )}
    </div>
  );
}
