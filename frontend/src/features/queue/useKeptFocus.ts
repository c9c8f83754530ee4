import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

interface Place {
  element: HTMLElement;
  appointment: string;
  column: number;
}

/**
 * A press moves a patient's line, and the pressed button with it; a dialog may end a visit whose
 * line opened it. The focus goes on with the patient, else to the column's next step, so that a
 * keyboard is never thrown back to the top.
 */
export function useKeptFocus(board: RefObject<HTMLElement | null>, isDialogOpen: boolean): void {
  const last = useRef<Place | null>(null);

  useEffect(() => {
    const container = board.current;
    function onFocusIn(event: FocusEvent) {
      const element = event.target as HTMLElement;
      const line = element.closest("li, article")?.querySelector<HTMLElement>("[data-appointment]");
      const columns = Array.from(container?.children ?? []);
      last.current = {
        element,
        appointment: line?.dataset.appointment ?? "",
        column: columns.findIndex((column) => column.contains(element)),
      };
    }
    container?.addEventListener("focusin", onFocusIn);
    return () => container?.removeEventListener("focusin", onFocusIn);
  }, [board]);

  useLayoutEffect(() => {
    if (last.current && !last.current.element.isConnected) restore(board.current, last.current);
  });

  useEffect(() => {
    if (isDialogOpen) return;
    // The dialog gives the focus back to what opened it, if that is still there.
    const soon = setTimeout(() => {
      if (last.current) restore(board.current, last.current);
    }, 100);
    return () => clearTimeout(soon);
  }, [board, isDialogOpen]);
}

function restore(board: HTMLElement | null, { appointment, column }: Place): void {
  if (document.activeElement !== document.body) return;
  const own = board?.children.item(column);
  const next =
    board?.querySelector<HTMLElement>(`[data-appointment="${appointment}"]`) ??
    own?.querySelector<HTMLElement>("[data-next-step]") ??
    own?.querySelector<HTMLElement>("button");
  next?.focus({ preventScroll: true });
}
