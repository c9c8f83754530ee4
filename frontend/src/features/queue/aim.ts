/**
 * Nothing may change under a finger: while somebody points at a button, what others do is shown a
 * moment later. The press then means what was read, and the server judges it.
 */

/** A pointer that rests is not aiming any more. */
const AIMING_MS = 400;
/** Nobody is kept from the news for longer than this. */
const LONGEST_MS = 1500;

let aimedAt = -Infinity;
let isDown = false;
let heldSince: number | null = null;
let held: (() => void) | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function isAiming(): boolean {
  const now = performance.now();
  if (heldSince !== null && now - heldSince >= LONGEST_MS) return false;
  return isDown || now - aimedAt < AIMING_MS;
}

function look(): void {
  clearTimeout(timer);
  if (!held) return;
  if (isAiming()) {
    timer = setTimeout(look, 50);
    return;
  }
  const run = held;
  held = null;
  heldSince = null;
  run();
}

/** Runs now, or as soon as nobody aims. Of several that wait only the newest runs. */
export function afterAim(run: () => void): void {
  held = run;
  heldSince ??= performance.now();
  look();
}

function onPointer(event: PointerEvent): void {
  const isButton = event.target instanceof Element && event.target.closest("button") !== null;
  if (event.type === "pointermove" && isButton) aimedAt = performance.now();
  if (event.type === "pointerdown") isDown = isButton;
  if (event.type === "pointerup" || event.type === "pointercancel") isDown = false;
}

/** Watches where somebody points; the result ends it. */
export function watchAim(): () => void {
  const kinds = ["pointermove", "pointerdown", "pointerup", "pointercancel"] as const;
  for (const kind of kinds) document.addEventListener(kind, onPointer, true);
  return () => {
    for (const kind of kinds) document.removeEventListener(kind, onPointer, true);
    aimedAt = -Infinity;
    isDown = false;
    look();
  };
}
