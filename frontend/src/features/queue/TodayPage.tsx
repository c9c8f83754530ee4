import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import type { StaffAppointment, User } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDayNumber, formatMonth, formatTime, formatWeekdayLong } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { useServerNow } from "@/lib/useNow";
import { Awaited, Button, classes, SegmentedControl, SkeletonList } from "@/ui";
import { watchAim } from "./aim";
import { AppointmentDialog } from "./AppointmentDialog";
import { BookDialog } from "./BookDialog";
import { BusyDialog } from "./BusyDialog";
import { columnsOf, findAppointment, nextStep, summary, type Column } from "./column";
import { ColumnView } from "./ColumnView";
import { useLiveDay, type LiveDay, type Press } from "./data";
import { DaySearch } from "./DaySearch";
import { KeysDialog } from "./KeysDialog";
import { OwnView } from "./OwnView";
import styles from "./TodayPage.module.css";
import { useColumnNews } from "./useColumnNews";
import { useColumnsInView } from "./useColumnsInView";
import { useDayKeys } from "./useDayKeys";
import { useKeptFocus } from "./useKeptFocus";
import { usePresses } from "./usePresses";

const STALE_AFTER_MS = 60_000;

type Open =
  | { dialog: "none" }
  | { dialog: "keys" }
  | { dialog: "walk-in"; practitioner: string }
  | { dialog: "book" }
  | { dialog: "appointment"; id: string };

/** What a practitioner sees: their own list, or with this in the address the whole clinic. */
const VIEW = "vista";
const WHOLE = "clinica";

const NONE: Open = { dialog: "none" };

/** The day, pushed by the server, and every button of it. */
export function TodayPage({ me }: { me: Pick<User, "id" | "role" | "full_name"> }) {
  const { t } = useTranslation(["staff", "common"]);
  const language = useLanguage();
  const live = useLiveDay();
  const now = useServerNow(5000);
  const { press: send, undoLast, pending, blocked, decide } = usePresses(me.full_name);
  const press = useCallback((wanted: Press) => void send(wanted), [send]);
  const [open, setOpen] = useState<Open>(NONE);
  const [focused, setFocused] = useState(0);
  const board = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);

  const mayBook = me.role !== "practitioner";
  const own = me.role === "practitioner" ? me.id : null;
  const [params, setParams] = useSearchParams();
  const isWhole = own === null || params.get(VIEW) === WHOLE;
  const allColumns = useMemo(() => {
    const all = live.day ? columnsOf(live.day) : [];
    return own ? [...all].sort((a, b) => Number(b.user === own) - Number(a.user === own)) : all;
  }, [live.day, own]);
  const [mine] = allColumns;
  const ownColumn = !isWhole && mine?.user === own ? mine : null;
  const columns = useMemo(() => (ownColumn ? [ownColumn] : allColumns), [allColumns, ownColumn]);

  const focusColumn = useCallback((index: number) => {
    setFocused(index);
    const column = board.current?.children.item(index);
    column?.querySelector<HTMLElement>("[data-next-step]")?.focus({ preventScroll: true });
    column?.scrollIntoView({ inline: "start", block: "nearest" });
  }, []);

  const { hasMore, first, shown: inView } = useColumnsInView(board, columns.length);
  // The keys act on a column that can be seen.
  const current = hasMore ? Math.min(Math.max(focused, first), first + inView - 1) : focused;

  const act = useCallback(
    (column: Column) => {
      const step = nextStep(column);
      if (step.action === "walk-in") setOpen({ dialog: "walk-in", practitioner: column.id });
      else if (step.action === "call-next") {
        press({ action: "call", appointment: step.appointment.id });
      } else press({ action: step.action, appointment: step.appointment.id });
    },
    [press],
  );

  useEffect(() => {
    const container = board.current;
    function onFocusIn(event: FocusEvent) {
      const index = Array.from(container?.children ?? []).findIndex((column) =>
        column.contains(event.target as Node),
      );
      if (index >= 0) setFocused(index);
    }
    container?.addEventListener("focusin", onFocusIn);
    return () => container?.removeEventListener("focusin", onFocusIn);
  }, []);

  useDayKeys({
    isEnabled: open.dialog === "none" && !blocked,
    columns,
    current,
    mayBook,
    lineInFocus: () => findAppointment(live.day, lineWithFocus() ?? ""),
    press,
    undoLast,
    focusColumn,
    openDetails: (id) => setOpen({ dialog: "appointment", id }),
    openWalkIn: (practitioner) => setOpen({ dialog: "walk-in", practitioner }),
    openHelp: () => setOpen({ dialog: "keys" }),
    search: () => search.current?.focus(),
  });
  const news = useColumnNews(columns[current], me.full_name);

  useEffect(watchAim, []);
  useKeptFocus(board, open.dialog !== "none");

  const shown = open.dialog === "appointment" ? (findAppointment(live.day, open.id) ?? null) : null;

  function showWhole(whole: boolean) {
    setParams(whole ? { [VIEW]: WHOLE } : {}, { replace: true });
  }

  // Somebody who was looked for, and whose column is about to be shown.
  const sought = useRef<string | null>(null);
  useEffect(() => {
    if (sought.current && pointOut(board.current, sought.current)) sought.current = null;
  }, [columns]);

  function find({ id }: StaffAppointment) {
    if (pointOut(board.current, id)) return;
    const hasLine = allColumns.some((column) =>
      [column.inside, column.called, column.waiting, column.expected, column.missing].some((part) =>
        part.some((appointment) => appointment.id === id),
      ),
    );
    if (hasLine && !isWhole) {
      sought.current = id;
      showWhole(true);
    } else setOpen({ dialog: "appointment", id });
  }

  const today = civilDate(now);
  const totals = summary(columns, now);
  const close = () => setOpen(NONE);

  return (
    <main className={styles.page} data-fills-window id="content">
      <div className={styles.head}>
        <h1 className={styles.title}>
          {`${formatWeekdayLong(today, language)}, ${formatDayNumber(today)} ${formatMonth(today, language)}`}
        </h1>
        <p className={styles.fact}>
          <strong>{totals.waiting}</strong> {t("summary.waiting")}
        </p>
        {totals.medianWait !== null && (
          <p className={classes(styles.fact, styles.median)}>
            <strong>{t("summary.minutes", { count: totals.medianWait })}</strong>{" "}
            {t("summary.median")}
          </p>
        )}
        {totals.late > 0 && (
          <p className={`${styles.fact} ${styles.late}`}>
            <strong>{totals.late}</strong> {t("summary.late", { count: totals.late })}
          </p>
        )}
        <Link live={live} now={now} />
        <div className={styles.tools}>
          {own !== null && (
            <div className={styles.view}>
              <SegmentedControl
                label={t("own.view")}
                hideLabel
                segments={[
                  { value: "mine", label: t("own.mine") },
                  { value: WHOLE, label: t("own.whole") },
                ]}
                value={isWhole ? WHOLE : "mine"}
                onChange={(view) => showWhole(view === WHOLE)}
              />
            </div>
          )}
          {live.day && (
            <DaySearch
              day={live.day}
              inputRef={search}
              onFind={find}
              onLeave={() => focusColumn(current)}
            />
          )}
          <Button
            variant="plain"
            size="small"
            className={styles.keys}
            onPress={() => setOpen({ dialog: "keys" })}
          >
            <span className={styles.keysWord}>{t("keys.open")}</span>{" "}
            <kbd className={styles.key}>?</kbd>
          </Button>
          {mayBook && (
            <Button variant="quiet" size="small" onPress={() => setOpen({ dialog: "book" })}>
              {t("book.open")}
            </Button>
          )}
        </div>
      </div>
      {!live.day && (
        <Awaited of={live.reading}>
          <SkeletonList count={4} />
        </Awaited>
      )}
      {hasMore && (
        <nav className={styles.strip} aria-label={t("column.all")}>
          {columns.map((column, index) => (
            <button
              key={column.id}
              type="button"
              aria-current={index === current ? "true" : undefined}
              title={column.name}
              onClick={() => focusColumn(index)}
            >
              {column.name.split(" ")[0]}{" "}
              {column.waiting.length > 0 && (
                <>
                  <strong>{column.waiting.length}</strong>{" "}
                  <span className="visually-hidden">{t("summary.waiting")}</span>
                </>
              )}
            </button>
          ))}
        </nav>
      )}
      <div className={ownColumn ? styles.own : styles.columns} ref={board}>
        {ownColumn && (
          <OwnView
            column={ownColumn}
            now={now}
            onStep={() => act(ownColumn)}
            onPress={press}
            onOpen={({ id }) => setOpen({ dialog: "appointment", id })}
            pending={pending}
          />
        )}
        {!ownColumn &&
          columns.map((column, index) => (
            <ColumnView
              key={column.id}
              column={column}
              now={now}
              number={index + 1}
              isMine={own !== null && column.user === own}
              isFocused={index === current}
              onStep={() => act(column)}
              onPress={press}
              onOpen={(appointment: StaffAppointment) =>
                setOpen({ dialog: "appointment", id: appointment.id })
              }
              pending={pending}
              mayBook={mayBook}
            />
          ))}
      </div>
      <p className="visually-hidden" role="status">
        {news}
      </p>
      <AppointmentDialog
        appointment={shown}
        isOpen={open.dialog === "appointment"}
        onClose={close}
        onPress={send}
      />
      <BusyDialog blocked={blocked} decide={decide} />
      <KeysDialog isOpen={open.dialog === "keys"} onClose={close} />
      {(open.dialog === "walk-in" || open.dialog === "book") && (
        <BookDialog
          walkIn={open.dialog === "walk-in"}
          practitioner={open.dialog === "walk-in" ? open.practitioner : null}
          onClose={close}
        />
      )}
    </main>
  );
}

/** Whose line holds the focus. */
function lineWithFocus(): string | undefined {
  const line = document.activeElement?.closest("li, article");
  return line?.querySelector<HTMLElement>("[data-appointment]")?.dataset.appointment;
}

/** Shows a patient's line with one swell of light, and gives it the focus; false without a line. */
function pointOut(board: HTMLElement | null, id: string): boolean {
  const place = board?.querySelector<HTMLElement>(`[data-appointment="${id}"]`);
  if (!place) return false;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ inline: "center", block: "center" });
  (place.closest<HTMLElement>("li, article") ?? place).animate(
    { backgroundColor: ["var(--amber)", "var(--amber-wash)", "transparent"] },
    { duration: 2400, easing: "ease-out" },
  );
  return true;
}

function Link({ live, now }: { live: LiveDay; now: number }) {
  const { t } = useTranslation(["staff", "common"]);
  const isOld = live.confirmedAt > 0 && now - live.confirmedAt > STALE_AFTER_MS;
  const state = live.link === "live" && isOld ? "stale" : live.link;
  return (
    <p className={`${styles.fact} ${styles.link ?? ""}`} role="status" data-state={state}>
      <span className={styles.dot} aria-hidden="true" />
      {t(`link.${state}`)}
      {(state === "lost" || state === "stale") && live.confirmedAt > 0
        ? ` · ${t("link.as_of", { time: formatTime(live.confirmedAt) })}`
        : ""}
    </p>
  );
}
