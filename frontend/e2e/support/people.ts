/** Invented people. Their names are as good as unique, so that earlier runs don't get in the way. */

export interface Person {
  fullName: string;
  /** How the screens name this person by default: given name and initial. */
  label: string;
  username: string;
  password: string;
  email: string;
  phone: string;
  birthDate: { day: string; month: string; year: string };
}

const STARTS = [
  "Al",
  "Be",
  "Cla",
  "De",
  "El",
  "Fi",
  "Ge",
  "Ir",
  "Ju",
  "Lu",
  "Ma",
  "Ni",
  "Ro",
  "Va",
];
const MIDDLES = ["ba", "di", "le", "mi", "ne", "ri", "so", "ta", "vi"];
const ENDS = ["lda", "na", "nda", "ra", "ria", "sa", "tia"];
const FAMILIES = [
  "Abrantes",
  "Bragança",
  "Damasceno",
  "Godinho",
  "Lemos",
  "Moita",
  "Pinhal",
  "Roque",
];

function digits(count: number): string {
  return Array.from({ length: count }, () => String(Math.floor(Math.random() * 10))).join("");
}

function oneOf(words: readonly string[]): string {
  return words[Math.floor(Math.random() * words.length)] ?? "";
}

export function newPerson(): Person {
  const given = oneOf(STARTS) + oneOf(MIDDLES) + oneOf(MIDDLES) + oneOf(ENDS);
  const family = oneOf(FAMILIES);
  const username = `${given.toLowerCase()}.${digits(6)}`;
  return {
    fullName: `${given} ${family}`,
    label: `${given} ${family.slice(0, 1)}.`,
    username,
    password: `andorinha-${digits(4)}-moinho`,
    email: `${username}@exemplo.pt`,
    phone: `9${oneOf(["1", "2", "3", "6"])}${digits(7)}`,
    birthDate: { day: "07", month: "05", year: "1984" },
  };
}

/** The number as the pages show it, whatever kind of space they put between the groups. */
export function shownPhone({ phone }: Person): RegExp {
  return new RegExp([phone.slice(0, 3), phone.slice(3, 6), phone.slice(6)].join("\\s"));
}
