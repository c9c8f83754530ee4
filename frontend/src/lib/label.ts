import type { LabelChoice } from "./api/types";

const LONGEST_GIVEN_NAME = 24;

/** Given name and the initial of the last one; nothing for a single name, which would be the whole. */
export function shortName(fullName: string): string {
  const names = fullName.trim().split(/\s+/);
  const [given = "", ...others] = names;
  const last = others.at(-1);
  if (!last) return "";
  const initial = (Array.from(last)[0] ?? "").toLocaleUpperCase("pt-PT");
  return `${Array.from(given).slice(0, LONGEST_GIVEN_NAME).join("")} ${initial}.`;
}

/** What the screen shows for each choice, as the server has it; the ticket is an example before arrival. */
export function screenLabel(fullName: string, choice: LabelChoice, ticket: string): string {
  if (choice === "full") return fullName.trim().replace(/\s+/g, " ");
  return (choice === "short" && shortName(fullName)) || ticket;
}
