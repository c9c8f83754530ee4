import { useEffect, useEffectEvent } from "react";
import type { StaffAppointment } from "@/lib/api/types";
import type { Column } from "./column";
import type { Press } from "./data";

interface DayKeys {
  isEnabled: boolean;
  columns: readonly Column[];
  /** The index of the column on which the keys act. */
  current: number;
  mayBook: boolean;
  /** The patient on whose line the focus is. */
  lineInFocus: () => StaffAppointment | undefined;
  press: (press: Press) => void;
  undoLast: () => void;
  focusColumn: (index: number) => void;
  openDetails: (appointment: string) => void;
  openWalkIn: (practitioner: string) => void;
  openHelp: () => void;
  search: () => void;
}

/** One key for each step of the day. */
export function useDayKeys(day: DayKeys): void {
  /** True when the key meant something. */
  const act = useEffectEvent((key: string): boolean => {
    const { columns, current, press } = day;
    const column = columns[current];
    const [called] = column?.called ?? [];
    const [waiting] = column?.waiting ?? [];
    const [inside] = column?.inside ?? [];
    const line = day.lineInFocus();
    const details = line ?? inside ?? called ?? waiting;
    if (/^[1-9]$/.test(key) && columns[Number(key) - 1]) day.focusColumn(Number(key) - 1);
    else if (key === "arrowright") day.focusColumn(Math.min(columns.length - 1, current + 1));
    else if (key === "arrowleft") day.focusColumn(Math.max(0, current - 1));
    else if (key === "?") day.openHelp();
    else if (key === "z") day.undoLast();
    else if (key === "/") day.search();
    else if (key === "a" && line?.status === "booked") {
      press({ action: "arrive", appointment: line.id });
    } else if (key === "d" && details) day.openDetails(details.id);
    else if (key === "c" && waiting && !called) {
      press({ action: "call", appointment: waiting.id });
    } else if (key === "i" && called) press({ action: "start", appointment: called.id });
    else if (key === "f" && inside) press({ action: "finish", appointment: inside.id });
    else if (key === "r" && called) press({ action: "call-again", appointment: called.id });
    else if (key === "n" && column && day.mayBook) day.openWalkIn(column.id);
    else return false;
    return true;
  });

  useEffect(() => {
    if (!day.isEnabled) return;
    function onKeyDown(event: KeyboardEvent) {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (target.closest("input, textarea, select, [role=listbox]")) return;
      if (act(event.key.toLowerCase())) event.preventDefault();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [day.isEnabled]);
}
