import { called, inRoom, LONG_NAME, waiting, type StagedDisplay } from "./display-board";

export interface DisplayScene {
  name: string;
  board: () => ReturnType<typeof waiting>;
  /** Words that only this state has. */
  says?: string;
  /** Long names, rooms with names, or many people. */
  crowded?: true;
  at?: Date;
  then?: (display: StagedDisplay) => Promise<void>;
}

const NIGHT = new Date("2026-11-24T22:10:00Z");

const busy = () => [
  called(1, { label: "João M.", ticket: "A014", room: "3" }),
  inRoom(6, { label: "A011", ticket: "A011", room: "1" }),
  inRoom(9, { label: "Leonor Pacheco", ticket: "A010", room: "4" }),
  ...waiting(4),
];

/** What a waiting room may see, each state once. */
export const DISPLAY_SCENES: readonly DisplayScene[] = [
  { name: "empty", says: "Ninguém à espera", board: () => [] },
  { name: "night", says: "Boa noite", board: () => [], at: NIGHT },
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
