import { useLayoutEffect, useRef } from "react";
import type { BoardEntry, Places } from "@/features/board/board";
import { words, waitText } from "./words";

/** How many of those who wait have a place: in two lines each, or in one when there are more. */
const ROOMY = { lying: 5, upright: 3 };
const COMPACT = { lying: 9, upright: 6 };
const ONE_LINE_FROM = 0.55;
const LONG_LABEL = 14;

/** Text that shrinks until it fits its box: the label gives way, never the ticket or the room. */
function Fitted({ text }: { text: string }) {
  const box = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    function fit() {
      const element = box.current;
      if (!element) return;
      element.className = "call-label";
      element.style.fontSize = "";
      const full = parseFloat(getComputedStyle(element).fontSize);
      const fits = element.clientWidth / Math.max(element.scrollWidth, 1);
      if (fits < ONE_LINE_FROM) element.className = "call-label two-lines";
      else if (fits < 1) element.style.fontSize = `${String(full * fits * 0.98)}px`;
    }
    fit();
    // Letters of the typeface that is still loading have other widths.
    void document.fonts.ready.then(fit);
  }, [text]);
  return (
    <p className="call-label" ref={box}>
      {text}
    </p>
  );
}

function Arrow() {
  return (
    <svg className="arrow" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path d="M6 24h34M26 9l15 15-15 15" fill="none" stroke="currentColor" strokeWidth="6" />
    </svg>
  );
}

function Call({ entry, fresh }: { entry: BoardEntry; fresh: boolean }) {
  return (
    <section className={fresh ? "call new" : "call"} aria-live="assertive">
      <div className="call-who">
        {entry.label !== entry.ticket && <p className="call-ticket">{entry.ticket}</p>}
        <Fitted key={`${entry.id} ${entry.label}`} text={entry.label} />
      </div>
      <div className="call-room">
        <p className="call-room-word">{words.room}</p>
        <p className="call-room-name">
          <Arrow />
          {entry.room}
        </p>
      </div>
    </section>
  );
}

export function Calls({ places, newCalls }: { places: Places; newCalls: ReadonlySet<string> }) {
  if (!places.now) {
    return (
      <div className="calls">
        <h1 className="eyebrow">{words.now}</h1>
        <section className="silence">
          <p>{words.quiet}</p>
          <p className="quiet" lang="en">
            {words.quietEn}
          </p>
        </section>
        <Before entries={places.before} />
      </div>
    );
  }
  const { now } = places;
  return (
    <div className="calls">
      <h1 className="eyebrow">{words.now}</h1>
      <Call
        key={`${now.id} ${String(now.call_number)}`}
        entry={now}
        fresh={newCalls.has(`${now.id} ${String(now.call_number)}`)}
      />
      <Before entries={places.before} />
    </div>
  );
}

function Before({ entries }: { entries: BoardEntry[] }) {
  if (!entries.length) return null;
  return (
    <section className="before">
      <h2 className="eyebrow">{words.before}</h2>
      <ul>
        {entries.map((entry) => (
          <li key={entry.id} className={entry.state === "called" ? "waits-at-door" : ""}>
            <span className="before-label">{entry.label}</span>
            <span className="before-room">
              {words.room} {entry.room}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Next({ entries }: { entries: BoardEntry[] }) {
  const way = window.innerHeight > window.innerWidth ? "upright" : "lying";
  const isCompact = entries.length > ROOMY[way];
  const shown = entries.slice(0, COMPACT[way]);
  const hidden = entries.length - shown.length;
  return (
    <section className={isCompact ? "next compact" : "next"}>
      <h2 className="eyebrow">{words.next}</h2>
      {shown.length === 0 && <p className="nobody">{words.nobodyWaits}</p>}
      <ul>
        {shown.map((entry) => (
          <li key={entry.id}>
            <span className={entry.label.length > LONG_LABEL ? "next-label long" : "next-label"}>
              {entry.label}
            </span>
            <span className="next-wait">{waitText(entry.wait)}</span>
            <span className="next-room">
              {words.room} {entry.room}
              {entry.label !== entry.ticket && (
                <span className="next-ticket">{` · ${entry.ticket}`}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && <p className="more">{words.more(hidden)}</p>}
    </section>
  );
}
