import { useLayoutEffect, useRef, useState, type RefObject } from "react";

const STEP = 0.96;
/** Two lines have to be worth it: the text in them is so much larger than in one. */
const WORTH_TWO_LINES = 1.25;
const SMALLEST = 0.12;

function rowsOf(text: HTMLElement): number {
  return Math.round(text.offsetHeight / parseFloat(getComputedStyle(text).lineHeight));
}

/** The largest size at which the text stands in its box on so many lines; 0 when there is none. */
function largest(box: HTMLElement, text: HTMLElement, full: number, lines: number): number {
  text.style.whiteSpace = lines === 1 ? "nowrap" : "normal";
  // Both widths are rounded: on one line only a whole pixel less is surely inside. Text that wraps
  // is as wide as its box.
  const room = box.clientWidth - (lines === 1 ? 1 : 0);
  for (let size = full; size >= full * SMALLEST; size *= STEP) {
    text.style.fontSize = `${String(size)}px`;
    const isInside =
      text.scrollWidth <= room && text.offsetHeight <= box.clientHeight && rowsOf(text) <= lines;
    if (isInside) return size;
  }
  return 0;
}

/**
 * Text that shrinks until it fits its box, on one line or two. The box's size must not depend on
 * the text; the text's largest size is the style sheet's.
 */
export function useFitted<Box extends HTMLElement, Text extends HTMLElement>(
  content: string,
): { box: RefObject<Box | null>; text: RefObject<Text | null> } {
  const box = useRef<Box>(null);
  const text = useRef<Text>(null);
  useLayoutEffect(() => {
    function fit() {
      if (!box.current || !text.current) return;
      text.current.style.fontSize = "";
      // A clamped text would pretend to fit.
      text.current.style.webkitLineClamp = "none";
      const full = parseFloat(getComputedStyle(text.current).fontSize);
      const two = largest(box.current, text.current, full, 2);
      const one = largest(box.current, text.current, full, 1);
      const isTwo = two > one * WORTH_TWO_LINES;
      text.current.style.whiteSpace = isTwo ? "normal" : "nowrap";
      text.current.style.webkitLineClamp = isTwo ? "2" : "1";
      text.current.style.fontSize = `${String((isTwo ? two : one) || full * SMALLEST)}px`;
    }
    fit();
    // Letters of the typeface that is still loading have other widths.
    void document.fonts.ready.then(fit);
    window.addEventListener("resize", fit);
    return () => window.removeEventListener("resize", fit);
  }, [content]);
  return { box, text };
}

const CROWD_STEP = 0.92;
const CROWD_SMALLEST = 0.4;
/** From this size on, the text of a line may rather have a second one. */
const LINE_SMALLEST = 0.72;
const TWO_LINES_SMALLEST = 0.6;

/** Shrinks each line marked `fits` until its text stands in it, or on two lines. */
function fitLines(root: HTMLElement): void {
  const lines = Array.from(root.querySelectorAll<HTMLElement>(".fits"));
  for (const line of lines) {
    line.style.fontSize = "";
    line.classList.remove("two");
  }
  for (const line of lines) {
    if (line.scrollWidth <= line.clientWidth) continue;
    const full = parseFloat(getComputedStyle(line).fontSize);
    // One pixel less, for both widths are rounded.
    const ratio = Math.max(LINE_SMALLEST, (line.clientWidth - 1) / line.scrollWidth);
    line.style.fontSize = `${String(full * ratio)}px`;
    if (line.scrollWidth <= line.clientWidth) continue;
    line.classList.add("two");
    for (let two = ratio; two > TWO_LINES_SMALLEST; two *= STEP) {
      line.style.fontSize = `${String(full * two)}px`;
      if (line.scrollHeight <= line.clientHeight + 1) break;
    }
  }
}

/** A list of which nothing may be left out: where it has too little height, all of it shrinks. */
export function useCrowd<Root extends HTMLElement>(content: string): RefObject<Root | null> {
  const root = useRef<Root>(null);
  useLayoutEffect(() => {
    function fit() {
      const crowd = root.current;
      if (!crowd) return;
      for (let scale = 1; scale >= CROWD_SMALLEST; scale *= CROWD_STEP) {
        crowd.style.setProperty("--crowd", String(scale));
        fitLines(crowd);
        if (crowd.scrollHeight <= crowd.clientHeight + 1) break;
      }
    }
    fit();
    void document.fonts.ready.then(fit);
    window.addEventListener("resize", fit);
    return () => window.removeEventListener("resize", fit);
  }, [content]);
  return root;
}

const MEASURE_EVERY_MS = 1000;

/**
 * How many children of a list, from the first on, are wholly inside of it. Measured for each new
 * content, and again and again, because what stands below the list grows and shrinks.
 */
export function useWholeRows(content: string): {
  list: RefObject<HTMLUListElement | null>;
  whole: number;
} {
  const list = useRef<HTMLUListElement>(null);
  const [whole, setWhole] = useState(Infinity);
  useLayoutEffect(() => {
    function measure() {
      if (!list.current) return;
      fitLines(list.current);
      const bottom = list.current.getBoundingClientRect().bottom + 1;
      const rows = Array.from(list.current.children);
      const inside = rows.filter((row) => row.getBoundingClientRect().bottom <= bottom).length;
      setWhole(inside === rows.length ? Infinity : inside);
    }
    measure();
    const timer = setInterval(measure, MEASURE_EVERY_MS);
    return () => clearInterval(timer);
  }, [content, whole]);
  return { list, whole };
}
