import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Banner, Button, TextAreaField } from "@/ui";
import styles from "@/ui/DialogForm.module.css";

const NOTE_LENGTH = 500;

/** What somebody is writing, and the note that they had before them when they began. */
export interface NoteDraft {
  text: string;
  was: string;
}

interface NoteFieldProps {
  note: string;
  draft: NoteDraft | undefined;
  onDraft: (draft: NoteDraft | undefined) => void;
  /** True when it was saved. */
  onSave: (draft: NoteDraft) => Promise<boolean>;
}

/**
 * What the team should know. A draft is its writer's own until it is saved; a note that a colleague
 * saved meanwhile stands beside it, and one of the two never replaces the other by itself.
 */
export function NoteField({ note, draft, onDraft, onSave }: NoteFieldProps) {
  const { t } = useTranslation(["staff", "common"]);
  const [isSaving, setSaving] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const text = draft?.text.trim() ?? note;
  const isChanged = text !== note;
  const isOvertaken = draft !== undefined && isChanged && draft.was !== note;
  const both = [note, text].filter(Boolean).join("\n");

  /** The pressed button goes with what it decided; the focus stays with the text. */
  function settle(next: NoteDraft | undefined) {
    onDraft(next);
    area.current?.focus();
  }

  async function save(next: NoteDraft) {
    setSaving(true);
    if (await onSave(next)) settle(undefined);
    setSaving(false);
  }

  return (
    <div className={styles.noteField}>
      <TextAreaField
        label={t("detail.note")}
        hint={t("detail.note_hint")}
        maxLength={NOTE_LENGTH}
        areaRef={area}
        value={draft?.text ?? note}
        onChange={(typed) => onDraft({ text: typed, was: draft?.was ?? note })}
      />
      {isOvertaken && (
        <Banner tone="amber" live>
          <p>{t(note ? "detail.note_changed" : "detail.note_removed")}</p>
          {note && <blockquote className={styles.theirNote}>{note}</blockquote>}
        </Banner>
      )}
      {isChanged && (
        <div className={styles.noteActions}>
          {isOvertaken && note && both.length <= NOTE_LENGTH && (
            <Button variant="quiet" size="small" onPress={() => settle({ text: both, was: note })}>
              {t("detail.keep_both")}
            </Button>
          )}
          <Button
            variant={isOvertaken ? "plain" : "quiet"}
            size="small"
            isPending={isSaving}
            onPress={() => void save({ text, was: isOvertaken ? note : (draft?.was ?? note) })}
          >
            {t(isOvertaken ? "detail.keep_mine" : "detail.save_note")}
          </Button>
          <Button variant="plain" size="small" onPress={() => settle(undefined)}>
            {t("detail.drop_note")}
          </Button>
        </div>
      )}
    </div>
  );
}
