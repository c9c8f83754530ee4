import { useEffect, useMemo, useRef, useState } from "react";
import { Announcer } from "@/features/board/announcer";
import { CallGate, freshness, places } from "@/features/board/board";
import { soundAllowed, unlockSound, watchSound } from "@/lib/chime";
import { useBoard } from "@/features/board/useBoard";
import { useNewVersion } from "@/features/board/version";
import { screenVoice } from "@/features/board/voice";
import { civilDate, civilHour, civilTime } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { formatDayNumber, formatMonth, formatWeekdayLong } from "@/lib/format";
import { Calls, Next } from "./Board";
import { Pairing } from "./Pairing";
import { spoken, words } from "./words";

const SHIFTS = [
  [0, 0],
  [3, 2],
  [-2, 4],
  [-4, -2],
  [2, -3],
] as const;
const SHIFT_EVERY_MINUTES = 3;
const EVENING = 21;
const MORNING = 6;
const SWELL_MS = 9_000;

interface Now {
  /** This device's clock, for ages. */
  local: number;
  /** The server's, for the wall clock. */
  server: number;
}

function readNow(): Now {
  return { local: Date.now(), server: serverClock.now() };
}

function useNow(everyMs: number): Now {
  const [now, setNow] = useState(readNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(readNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function useSound(): boolean {
  const [allowed, setAllowed] = useState(soundAllowed);
  useEffect(() => {
    const unwatch = watchSound(setAllowed);
    function unlock() {
      void unlockSound().then(setAllowed);
    }
    window.addEventListener("pointerdown", unlock);
    window.addEventListener("keydown", unlock);
    return () => {
      unwatch();
      window.removeEventListener("pointerdown", unlock);
      window.removeEventListener("keydown", unlock);
    };
  }, []);
  return allowed;
}

export function Display() {
  const [pairings, setPairings] = useState(0);
  return <Screen key={pairings} onPaired={() => setPairings((count) => count + 1)} />;
}

function Screen({ onPaired }: { onPaired: () => void }) {
  const { board, link, confirmedAt, refused } = useBoard();
  const now = useNow(1000);
  const sound = useSound();
  const gate = useRef(new CallGate());
  const [announcer] = useState(() => new Announcer(screenVoice(spoken)));
  const [newCalls, setNewCalls] = useState<ReadonlySet<string>>(new Set());

  useEffect(() => {
    if (!board) {
      gate.current = new CallGate();
      announcer.clear();
      return;
    }
    const fresh = gate.current.accept(board.entries);
    if (!fresh.length) return;
    announcer.announce(fresh);
    setNewCalls(new Set(fresh.map((entry) => `${entry.id} ${String(entry.call_number)}`)));
    const timer = setTimeout(() => setNewCalls(new Set()), SWELL_MS);
    return () => clearTimeout(timer);
  }, [board, announcer]);

  useNewVersion(!!board && board.entries.every(({ state }) => state !== "called"));

  const minute = Math.floor(now.server / 60_000);
  const shown = useMemo(
    () => (board ? places(board.entries, minute * 60_000) : null),
    [board, minute],
  );

  if (refused) return <Pairing onPaired={onPaired} />;

  const believed = freshness(confirmedAt ? now.local - confirmedAt : 0);
  const [x, y] = SHIFTS[Math.floor(minute / SHIFT_EVERY_MINUTES) % SHIFTS.length] ?? [0, 0];
  const today = civilDate(now.server);

  const isStill = !board?.entries.length || believed === "untrusted";
  const hour = civilHour(now.server);
  const isNight = isStill && (hour >= EVENING || hour < MORNING);

  return (
    <main
      className={`display${isStill ? " still" : ""}${isNight ? " night" : ""}`}
      style={{ transform: `translate(${String(x)}px, ${String(y)}px)` }}
    >
      {!board || !shown ? (
        <div className="calls">
          <section className="silence" role="status">
            <h1>{words.connecting}</h1>
          </section>
        </div>
      ) : believed === "untrusted" ? (
        <div className="calls">
          <section className="silence untrusted" role="alert">
            <h1>{words.untrusted}</h1>
            <p className="quiet" lang="en">
              {words.untrustedEn}
            </p>
          </section>
        </div>
      ) : (
        <Calls places={shown} newCalls={newCalls} night={isNight} />
      )}
      <aside className="side" aria-label={words.next}>
        {shown && believed !== "untrusted" ? (
          <Next entries={shown.next} />
        ) : (
          <div className="next" />
        )}
        <div className="marks" role="status">
          {link === "lost" && <span className="mark mark-lost">{words.lost}</span>}
          {believed === "ageing" && (
            <span className="mark mark-lost">{words.ageing(confirmedAt)}</span>
          )}
          {!sound && board && (
            <span className="mark" title={words.mutedHint}>
              {words.muted}
            </span>
          )}
        </div>
        <div className="clock">
          <time className="clock-time">{civilTime(now.server)}</time>
          <p className="clock-day">
            {`${formatWeekdayLong(today, "pt")}, ${formatDayNumber(today)} ${formatMonth(today, "pt")}`}
            <br />
            {board?.clinic ?? "Vez"}
          </p>
        </div>
      </aside>
    </main>
  );
}
