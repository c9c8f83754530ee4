import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";

/**
 * A press moves a patient's line, and the pressed button with it. The focus goes on with the
 * patient, else to the column's next step, so that a keyboard is never thrown back to the top.
 */
export function useKeptFocus(board: RefObject<HTMLElement | null>): void {
  const last = useRef<{ element: HTMLElement; appointment: string | null; column: number } | null>(
    null,
  );

  useEffect(() => {
    const container = board.current;
    function onFocusIn(event: FocusEvent) {
      const element = event.target as HTMLElement;
      const line = element.closest("li, article")?.querySelector<HTMLElement>("[data-appointment]");
      const columns = Array.from(container?.children ?? []);
      last.current = {
        element,
        appointment: line?.dataset.appointment ?? null,
        column: columns.findIndex((column) => column.contains(element)),
      };
    }
    container?.addEventListener("focusin", onFocusIn);
    return () => container?.removeEventListener("focusin", onFocusIn);
  }, [board]);

  useLayoutEffect(() => {
    const lost = last.current;
    if (!lost || lost.element.isConnected) return;
    last.current = null;
    if (document.activeElement !== document.body) return;
    const column = board.current?.children.item(lost.column);
    const next =
      board.current?.querySelector<HTMLElement>(`[data-appointment="${lost.appointment ?? ""}"]`) ??
      column?.querySelector<HTMLElement>("[data-next-step]") ??
      column?.querySelector<HTMLElement>("button");
    next?.focus({ preventScroll: true });
  });
}
