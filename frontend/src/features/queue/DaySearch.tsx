import { useId, useState, type KeyboardEvent, type Ref } from "react";
import { useTranslation } from "react-i18next";
import type { Day, StaffAppointment } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { classes } from "@/ui";
import styles from "./DaySearch.module.css";
import { findInDay } from "./search";

interface DaySearchProps {
  day: Day;
  inputRef: Ref<HTMLInputElement>;
  onFind: (appointment: StaffAppointment) => void;
  /** Leaving without a choice. */
  onLeave: () => void;
}

/** Finds one of today's patients by name or ticket; the keyboard alone is enough. */
export function DaySearch({ day, inputRef, onFind, onLeave }: DaySearchProps) {
  const { t } = useTranslation(["staff", "common"]);
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const listId = useId();
  const found = findInDay(day, text);
  const current = Math.min(active, found.length - 1);
  const isShown = isOpen && text.trim() !== "";
  const optionId = (index: number) => `${listId}-${index}`;

  function leave() {
    setText("");
    setOpen(false);
  }

  function choose(appointment: StaffAppointment) {
    leave();
    onFind(appointment);
  }

  function onKeyDown(event: KeyboardEvent) {
    const chosen = found[current];
    if (event.key === "ArrowDown") setActive(Math.min(found.length - 1, current + 1));
    else if (event.key === "ArrowUp") setActive(Math.max(0, current - 1));
    else if (event.key === "Enter" && chosen) choose(chosen);
    else if (event.key === "Escape") {
      leave();
      onLeave();
    } else return;
    event.preventDefault();
  }

  return (
    <search className={styles.search}>
      <input
        ref={inputRef}
        className={styles.input}
        type="text"
        role="combobox"
        aria-label={t("search.label")}
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-expanded={isShown}
        aria-controls={listId}
        aria-activedescendant={isShown && found.length ? optionId(current) : undefined}
        placeholder={t("search.placeholder")}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <kbd className={styles.key} aria-hidden="true">
        /
      </kbd>
      <p className="visually-hidden" role="status">
        {isShown ? t("search.found", { count: found.length }) : ""}
      </p>
      <div
        id={listId}
        className={styles.list}
        role="listbox"
        aria-label={t("search.label")}
        hidden={!isShown || !found.length}
      >
        {found.map((appointment, index) => (
          <div
            key={appointment.id}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={classes(styles.option, index === current && styles.active)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(appointment)}
            onKeyDown={onKeyDown}
          >
            <span className={styles.who}>
              {appointment.ticket && `${appointment.ticket} · `}
              {appointment.patient.full_name}
            </span>
            <span className={styles.where}>
              {formatTime(appointment.start)} · {appointment.practitioner.name} ·{" "}
              {t(`common:status.${appointment.status}`)}
            </span>
          </div>
        ))}
      </div>
      {isShown && !found.length && <p className={styles.none}>{t("search.none")}</p>}
    </search>
  );
}
