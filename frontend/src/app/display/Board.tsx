import type { BoardEntry, Places } from "@/features/board/board";
import { useFitted, useWholeRows } from "./fit";
import { isNumbered, roomText, waitText, words } from "./words";

/** How many of those who wait may have two lines each, and how many can have a place at all. */
const ROOMY = { lying: 5, upright: 3 };
const AT_MOST = 10;
const LONG_LABEL = 22;
/** Calls below the big one stand closer when there are more, or when that one has much to say. */
const ROOMY_BEFORE = 3;
const ROOMY_BEFORE_WIDE = 2;

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
    <div className="calls">
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
  if (!entries.length) return null;
  return (
    <section className={close ? "before close" : "before"}>
      <h2 className="eyebrow">{words.before}</h2>
      <ul>
        {entries.map((entry) => (
          <li key={entry.id} className={entry.state === "called" ? "waits-at-door" : ""}>
            <span className={isLong(entry.label) ? "before-label small" : "before-label"}>
              {entry.label}
            </span>
            <span className="before-ticket">
              {entry.label === entry.ticket ? "" : entry.ticket}
            </span>
            <span className={isNumbered(entry.room) ? "before-room" : "before-room small"}>
              {roomText(entry.room)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Next({ entries }: { entries: BoardEntry[] }) {
  const { list, whole } = useWholeRows(entries.map(({ id, label }) => `${id} ${label}`).join());
  const way = window.innerHeight > window.innerWidth ? "upright" : "lying";
  const isCompact = entries.length > ROOMY[way];
  const placed = entries.slice(0, AT_MOST);
  const hidden = entries.length - Math.min(placed.length, whole);
  return (
    <section className={isCompact ? "next compact" : "next"}>
      <h2 className="eyebrow">{words.next}</h2>
      {entries.length === 0 && <p className="nobody">{words.nobodyWaits}</p>}
      <ul ref={list}>
        {placed.map((entry, place) => (
          <li key={entry.id} className={place < whole ? "" : "beyond"}>
            <span className={isLong(entry.label) ? "next-label long" : "next-label"}>
              {entry.label}
            </span>
            <span className="next-ticket">{entry.label === entry.ticket ? "" : entry.ticket}</span>
            <span className="next-room">{roomText(entry.room)}</span>
            <span className="next-wait">{waitText(entry.wait)}</span>
          </li>
        ))}
      </ul>
      {hidden > 0 && <p className="more">{words.more(hidden)}</p>}
    </section>
  );
}
