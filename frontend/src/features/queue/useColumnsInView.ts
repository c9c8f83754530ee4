import { useEffect, useState, type RefObject } from "react";

export interface ColumnsInView {
  /** Some columns are outside the window and come by swiping. */
  hasMore: boolean;
  first: number;
  shown: number;
}

/** Which of a row of equal columns can be seen. */
export function useColumnsInView(row: RefObject<HTMLElement | null>, count: number): ColumnsInView {
  const [inView, setInView] = useState<ColumnsInView>({ hasMore: false, first: 0, shown: count });

  useEffect(() => {
    const element = row.current;
    if (!element || count === 0) return;
    function look() {
      if (!element) return;
      const pitch = element.scrollWidth / count;
      const next = {
        hasMore: element.scrollWidth > element.clientWidth + 1,
        first: Math.round(element.scrollLeft / pitch),
        shown: Math.max(1, Math.round(element.clientWidth / pitch)),
      };
      setInView((now) =>
        now.hasMore === next.hasMore && now.first === next.first && now.shown === next.shown
          ? now
          : next,
      );
    }
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      watcher.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [row, count]);

  return inView;
}
