import { useEffect, useMemo, useRef, useState, type CSSProperties } from "react";
import { Announcer } from "@/features/board/announcer";
import { awaitedOpening, CallGate, freshness, places } from "@/features/board/board";
import { useReport, useSettings } from "@/features/board/screen";
import {
  isWithin,
  ofRooms,
  soundOf,
  typeSizes,
  USUAL_SETTINGS,
  type TypeSizes,
} from "@/features/board/settings";
import type { ScreenReport } from "@/lib/api/types";
import { setVolume, soundAllowed, unlockSound, watchSound } from "@/lib/chime";
import { useBoard } from "@/features/board/useBoard";
import { useNewVersion } from "@/features/board/version";
import { screenVoice } from "@/features/board/voice";
import { civilDate, civilTime } from "@/lib/civil";
import { elapsed, serverClock } from "@/lib/clock";
import { formatDayNumber, formatMonth, formatWeekdayLong } from "@/lib/format";
import { Calls, Closed, Next, Untrusted } from "./Board";
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
const SWELL_MS = 9_000;
/** From this size of the list on, it gets more of the width. */
const FAR = 1.2;
const TICKETS_TOLD = 60;

interface Now {
  /** For ages. */
  elapsed: number;
  /** The server's, for the wall clock. */
  server: number;
}

function readNow(): Now {
  return { elapsed: elapsed(), server: serverClock.now() };
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

function useViewport(): { width: number; height: number } {
  const [size, setSize] = useState(viewport);
  useEffect(() => {
    function measure() {
      setSize(viewport());
    }
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, []);
  return size;
}

function viewport() {
  return { width: window.innerWidth, height: window.innerHeight };
}

function sizeProperties(sizes: TypeSizes): CSSProperties {
  const properties: Record<string, string> = {
    "--label": String(sizes.label),
    "--ticket": String(sizes.ticket),
    "--room": String(sizes.room),
    "--room-words": String(sizes.roomWords),
    "--before": String(sizes.before),
    "--next": String(sizes.next),
  };
  return properties;
}

function Screen({ onPaired }: { onPaired: () => void }) {
  const view = useBoard();
  const { link, confirmedAt, doubted, refused } = view;
  const { settings: known, doubt } = useSettings(view.settingsTurn);
  const settings = known ?? USUAL_SETTINGS;
  const board = known ? view.board : null;
  const now = useNow(1000);
  const size = useViewport();
  const isSoundAllowed = useSound();
  const gate = useRef(new CallGate());
  const [announcer] = useState(() => new Announcer(screenVoice(spoken)));
  const [newCalls, setNewCalls] = useState<ReadonlySet<string>>(new Set());
  const [whole, setWhole] = useState(Infinity);

  const time = civilTime(now.server);
  const sound = soundOf(settings, time, isSoundAllowed);
  const isSilent = sound === "quiet" || sound === "muted";
  const announced = useRef({ rooms: settings.rooms, isSilent });
  useEffect(() => {
    announced.current = { rooms: settings.rooms, isSilent };
    if (isSilent) announcer.clear();
  }, [settings.rooms, isSilent, announcer]);

  useEffect(() => setVolume(settings.volume / 100), [settings.volume]);

  useEffect(() => {
    if (!board) {
      gate.current = new CallGate();
      announcer.clear();
      return;
    }
    // The gate sees every room, so that a room that is chosen later announces no old call.
    const fresh = ofRooms(gate.current.accept(board.entries), announced.current.rooms);
    if (!fresh.length) return;
    if (!announced.current.isSilent) announcer.announce(fresh);
    setNewCalls(new Set(fresh.map((entry) => `${entry.id} ${String(entry.call_number)}`)));
    const timer = setTimeout(() => setNewCalls(new Set()), SWELL_MS);
    return () => clearTimeout(timer);
  }, [board, announcer]);

  const version = useNewVersion(!!board && board.entries.every(({ state }) => state !== "called"));

  const minute = Math.floor(now.server / 60_000);
  const shown = useMemo(
    () => (board ? places(ofRooms(board.entries, settings.rooms), minute * 60_000) : null),
    [board, minute, settings.rooms],
  );

  const age = confirmedAt ? now.elapsed - confirmedAt : 0;
  const believed = freshness(age);
  const opening = board && believed !== "untrusted" ? awaitedOpening(board, now.server) : null;
  const picture: ScreenReport["picture"] =
    !board || !shown
      ? "connecting"
      : believed === "untrusted"
        ? "untrusted"
        : opening !== null
          ? "closed"
          : shown.now
            ? "calls"
            : "quiet";
  const onShow =
    shown && (picture === "calls" || picture === "quiet")
      ? (shown.now ? [shown.now] : []).concat(shown.before, shown.next.slice(0, whole))
      : [];
  const report: ScreenReport = {
    version,
    sound,
    board: believed !== "fresh" ? "stale" : link === "live" ? "live" : "polled",
    picture,
    revision: board?.revision ?? null,
    tickets: onShow.map(({ ticket }) => ticket).slice(0, TICKETS_TOLD),
    ...size,
  };
  useReport(refused ? null : report, known, doubt);

  if (refused) return <Pairing onPaired={onPaired} />;

  const [x, y] = SHIFTS[Math.floor(minute / SHIFT_EVERY_MINUTES) % SHIFTS.length] ?? [0, 0];
  const today = civilDate(now.server);
  const isStill = onShow.length === 0;
  const isNight = isStill && isWithin(settings.night, time);
  const sizes = typeSizes(settings.panel, size);
  const isFar = sizes.next > FAR;

  return (
    <main
      className={[
        "display",
        isStill ? "still" : "",
        isNight ? "night" : "",
        isFar ? "far" : "",
        opening !== null ? "closed" : "",
      ].join(" ")}
      style={{ ...sizeProperties(sizes), transform: `translate(${String(x)}px, ${String(y)}px)` }}
    >
      {picture === "connecting" || !shown ? (
        <div className="calls">
          <section className="silence" role="status">
            <h1>{words.connecting}</h1>
          </section>
        </div>
      ) : picture === "untrusted" ? (
        <Untrusted />
      ) : opening !== null ? (
        <Closed opening={opening} now={now.server} />
      ) : (
        <Calls places={shown} newCalls={newCalls} night={isNight} />
      )}
      <aside className="side" aria-label={words.next}>
        {shown && (picture === "calls" || picture === "quiet") ? (
          <Next entries={shown.next} far={isFar} onWhole={setWhole} />
        ) : (
          <div className="next" />
        )}
        <div className="marks" role="status">
          {link === "lost" && <span className="mark mark-lost">{words.lost}</span>}
          {(believed === "ageing" || doubted) && (
            <span className="mark mark-lost">{words.ageing(now.server - age)}</span>
          )}
          {board && sound !== "on" && <span className="mark">{words.silent[sound]}</span>}
        </div>
        <div className="clock">
          <time className="clock-time">{time}</time>
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
