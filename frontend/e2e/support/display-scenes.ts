import { called, inRoom, LONG_NAME, waiting, StagedDisplay } from "./display-board";

type Stage = NonNullable<Parameters<typeof StagedDisplay.open>[3]>;

export interface DisplayScene {
  name: string;
  board: () => ReturnType<typeof waiting>;
  /** Words that only this state has. */
  says?: string;
  /** Long names, rooms with names, or many people. */
  crowded?: true;
  stage?: Omit<Stage, "size">;
  then?: (display: StagedDisplay) => Promise<void>;
}

const NOON = new Date("2026-11-24T12:10:00Z");
const NIGHT = new Date("2026-11-24T22:10:00Z");
const EARLY = new Date("2026-11-25T07:50:00Z");
const SATURDAY = new Date("2026-11-28T15:00:00Z");

/** So many called, of whom some have long names and rooms with names. */
const calledTogether = (count: number) =>
  Array.from({ length: count }, (_, place) =>
    called(place, {
      ticket: `A0${30 - place}`,
      label:
        ["Ana Beatriz L.", LONG_NAME, `A0${30 - place}`, "Hannah W.", "Rosa Maria Teles"][
          place % 5
        ] ?? "",
      room: ["3", "Ginásio", "1", "Sala de Hidroterapia", "2", "4"][place % 6] ?? "",
    }),
  );

const busy = () => [
  called(1, { label: "João M.", ticket: "A014", room: "3" }),
  inRoom(6, { label: "A011", ticket: "A011", room: "1" }),
  inRoom(9, { label: "Leonor Pacheco", ticket: "A010", room: "4" }),
  ...waiting(4),
];

/** What a waiting room may see, each state once. */
export const DISPLAY_SCENES: readonly DisplayScene[] = [
  { name: "empty", says: "Ninguém à espera", board: () => [] },
  { name: "night", says: "Boa noite", board: () => [], stage: { at: NIGHT } },
  {
    name: "closed",
    says: "Abre segunda às",
    board: () => [],
    stage: { at: SATURDAY, opensAt: new Date("2026-11-30T08:30:00Z") },
  },
  {
    name: "closed-early",
    says: "Abre às",
    board: () => [],
    stage: { at: EARLY, opensAt: new Date("2026-11-25T08:30:00Z") },
  },
  {
    name: "closed-night",
    says: "Abre amanhã às",
    board: () => [],
    stage: { at: NIGHT, opensAt: new Date("2026-11-25T08:30:00Z") },
  },
  { name: "nobody-called", says: "De momento não há chamadas", board: () => waiting(3) },
  {
    name: "one-call",
    board: () => [called(1, { label: "João M.", ticket: "A014", room: "3" }), ...waiting(2)],
  },
  { name: "ticket-only", board: () => [called(1, { label: "A014", ticket: "A014", room: "2" })] },
  { name: "busy", board: busy },
  {
    name: "several-called",
    crowded: true,
    board: () => [
      called(0, { label: "Ana Beatriz L.", ticket: "A021", room: "Ginásio" }),
      called(1, { label: LONG_NAME, ticket: "A020", room: "Sala de Hidroterapia" }),
      called(2, { label: "A019", ticket: "A019", room: "4" }),
      called(3, { label: "Rosa Maria Teles", ticket: "A018", room: "Ginásio" }),
      called(4, { label: "Hannah W.", ticket: "A017", room: "1" }),
      ...waiting(5, { room: "Sala de Hidroterapia" }),
    ],
  },
  { name: "six-called", crowded: true, board: () => [...calledTogether(6), ...waiting(7)] },
  { name: "twelve-called", crowded: true, board: () => [...calledTogether(12), ...waiting(3)] },
  {
    name: "long-name",
    crowded: true,
    board: () => [
      called(1, { label: LONG_NAME, ticket: "A016", room: "3" }),
      inRoom(4, { label: LONG_NAME, ticket: "A015", room: "1" }),
      ...waiting(5),
    ],
  },
  {
    name: "long-name-word-room",
    crowded: true,
    board: () => [
      called(1, { label: LONG_NAME, ticket: "A016", room: "Sala de Hidroterapia" }),
      ...waiting(5, { label: LONG_NAME, room: "Sala de Hidroterapia" }),
    ],
  },
  {
    name: "word-room",
    crowded: true,
    board: () => [called(1, { label: "João M.", ticket: "A016", room: "Ginásio" }), ...waiting(3)],
  },
  {
    name: "many-wait",
    crowded: true,
    board: () => [called(1, { label: "João M.", ticket: "A014", room: "3" }), ...waiting(30)],
  },
  {
    name: "one-room",
    board: () => [
      called(0, { label: "Ana Beatriz L.", ticket: "A021", room: "3" }),
      ...busy().map((entry) => ({ ...entry, room: "2" })),
      ...waiting(3, { room: "2" }),
    ],
    stage: { settings: { rooms: ["2"] } },
  },
  {
    name: "far-seat",
    crowded: true,
    board: busy,
    stage: { settings: { panel: { inches: 43, farthest_seat_metres: "5.0" } } },
  },
  {
    name: "far-seat-crowded",
    crowded: true,
    board: () => [...calledTogether(6), ...waiting(9)],
    stage: { settings: { panel: { inches: 32, farthest_seat_metres: "5.0" } } },
  },
  {
    name: "sound-blocked",
    says: "sem som: toque no ecrã",
    board: busy,
    stage: { untouched: true },
  },
  {
    name: "quiet-hours",
    says: "sem som: horário silencioso",
    board: busy,
    stage: { at: NOON, settings: { quiet: { starts: "11:00", ends: "14:00" } } },
  },
  {
    name: "recovered",
    board: busy,
    then: async (display) => {
      await display.lose(90);
      await display.find();
    },
  },
  {
    name: "connection-lost",
    says: "ligação perdida",
    board: busy,
    then: (display) => display.lose(20),
  },
  {
    name: "stale",
    says: "A atualizar… dados das",
    board: busy,
    then: (display) => display.lose(90),
  },
  {
    name: "lost",
    says: "Aguarde indicação da receção",
    board: busy,
    then: (display) => display.lose(320),
  },
];
