import { useEffect } from "react";
import type { Places } from "@/features/board/board";
import type { BoardEntry } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { useCrowd, useFitted, useWholeRows } from "./fit";
import { isNumbered, opensText, roomText, waitText, words } from "./words";

/** How many of those who wait may have two lines each, and how many can have a place at all. */
const ROOMY = { lying: 5, upright: 3 };
const AT_MOST = 12;
const LONG_LABEL = 22;
/** In two columns such a room has a line of its own. */
const LONG_ROOM = 8;
/** Calls below the big one stand closer when there are more, or when that one has much to say. */
const ROOMY_BEFORE = 3;
const ROOMY_BEFORE_WIDE = 2;
/** And more than this stand in two columns, with two lines each while they are so few. */
const ONE_COLUMN = 4;
const TALL_PAIRS = 8;

function isLong(label: string): boolean {
  return label.length > LONG_LABEL;
}

/** A call of few letters has its room beside it; a longer name or a room of words has lines. */
function isWide(entry: BoardEntry): boolean {
  return isLong(entry.label) || !isNumbered(entry.room);
}

function Fitted({ className, content }: { className: string; content: string }) {
  const { box, text } = useFitted<HTMLDivElement, HTMLParagraphElement>(content);
  return (
    <div className={`${className}-box`} ref={box}>
      <p className={className} ref={text}>
        {content}
      </p>
    </div>
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
  const numbered = isNumbered(entry.room);
  const kind = numbered ? (isLong(entry.label) ? "call-long" : "call-short") : "call-words";
  return (
    <section className={`call ${kind}${fresh ? " new" : ""}`} aria-live="assertive">
      {entry.label !== entry.ticket && <p className="call-ticket">{entry.ticket}</p>}
      <Fitted key={`${kind} ${entry.label}`} className="call-label" content={entry.label} />
      {numbered ? (
        <div className="call-room">
          <p className="call-room-word">{words.room}</p>
          <p className="call-room-name">
            <Arrow />
            {entry.room}
          </p>
        </div>
      ) : (
        <div className="call-room">
          <Arrow />
          <Fitted key={entry.room} className="call-room-words" content={entry.room} />
        </div>
      )}
    </section>
  );
}

interface CallsProps {
  places: Places;
  newCalls: ReadonlySet<string>;
  night: boolean;
}

export function Calls({ places, newCalls, night }: CallsProps) {
  const { now, before } = places;
  if (!now) {
    return (
      <div className="calls">
        {!night && <h1 className="eyebrow">{words.now}</h1>}
        <section className="silence">
          {night && <h1>{words.night}</h1>}
          <p className={night ? "quiet" : ""}>{words.quiet}</p>
          <p className="quiet" lang="en">
            {words.quietEn}
          </p>
        </section>
        <Before entries={before} close={before.length > ROOMY_BEFORE} />
      </div>
    );
  }
  const call = `${now.id} ${String(now.call_number)}`;
  return (
    <div className={before.length > ONE_COLUMN ? "calls crowded" : "calls"}>
      <h1 className="eyebrow">{words.now}</h1>
      <Call key={call} entry={now} fresh={newCalls.has(call)} />
      <Before
        entries={before}
        close={before.length > (isWide(now) ? ROOMY_BEFORE_WIDE : ROOMY_BEFORE)}
      />
    </div>
  );
}

function Before({ entries, close }: { entries: BoardEntry[]; close: boolean }) {
  const content = entries.map(({ id, label, room }) => `${id} ${label} ${room}`).join();
  const isPaired = entries.length > ONE_COLUMN;
  const isTall = entries.length <= TALL_PAIRS;
  const root = useCrowd<HTMLElement>(`${content} ${String(close)}`);
  if (!entries.length) return null;
  const kind = isPaired ? "before close pairs" : close ? "before close" : "before";
  return (
    <section className={kind} ref={root}>
      <h2 className="eyebrow">{words.before}</h2>
      <ul>
        {entries.map((entry) => (
          <li
            key={entry.id}
            className={[
              entry.state === "called" ? "waits-at-door" : "",
              isNumbered(entry.room) ? "" : "words",
              isTall || entry.room.length > LONG_ROOM ? "tall" : "",
            ].join(" ")}
          >
            <span className="before-label fits">{entry.label}</span>
            <span className="before-ticket">
              {entry.label === entry.ticket ? "" : entry.ticket}
            </span>
            <span className="before-room fits">
              {isPaired && <Arrow />}
              {isPaired ? entry.room : roomText(entry.room)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Nobody is there, and nobody will be for a while. */
export function Closed({ opening, now }: { opening: number; now: number }) {
  return (
    <div className="calls">
      <section className="silence closed">
        <h1>{words.closed}</h1>
        <p className="opens">
          {opensText(opening, now)}
          <time className="opens-time">{formatTime(opening)}</time>
        </p>
        <p className="quiet" lang="en">
          {words.closedEn(opening)}
        </p>
      </section>
    </div>
  );
}

interface NextProps {
  entries: BoardEntry[];
  /** Read from far: fewer rows, each as large as it can be. */
  far: boolean;
  /** Told how many of them are on show. */
  onWhole: (count: number) => void;
}

export function Next({ entries, far, onWhole }: NextProps) {
  const { list, whole } = useWholeRows(entries.map(({ id, label }) => `${id} ${label}`).join());
  const way = window.innerHeight > window.innerWidth ? "upright" : "lying";
  const isCompact = !far && entries.length > ROOMY[way];
  const placed = entries.slice(0, AT_MOST);
  const count = Math.min(placed.length, whole);
  const hidden = entries.length - count;
  useEffect(() => onWhole(count), [count, onWhole]);
  return (
    <section className={isCompact ? "next compact" : "next"}>
      <h2 className="eyebrow">{words.next}</h2>
      {entries.length === 0 && <p className="nobody">{words.nobodyWaits}</p>}
      <ul ref={list}>
        {placed.map((entry, place) => (
          <li key={entry.id} className={place < whole ? "" : "beyond"}>
            <span className="next-label fits">{entry.label}</span>
            <span className="next-ticket">{entry.label === entry.ticket ? "" : entry.ticket}</span>
            <span className="next-room fits">
              {isCompact ? `→ ${entry.room}` : roomText(entry.room)}
            </span>
            <span className="next-wait">{waitText(entry.wait)}</span>
          </li>
        ))}
      </ul>
      {hidden > 0 && <p className="more">{words.more(hidden)}</p>}
    </section>
  );
}

/** Nothing that could be shown can be believed. */
export function Untrusted() {
  return (
    <div className="calls">
      <section className="silence untrusted" role="alert">
        <h1>{words.untrusted}</h1>
        <p className="quiet" lang="en">
          {words.untrustedEn}
        </p>
      </section>
    </div>
  );
}

/** The whole page, where it broke. */
export function Broken() {
  return (
    <main className="display">
      <Untrusted />
    </main>
  );
}
