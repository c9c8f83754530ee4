import type { LabelChoice } from "./api/types";

/** How a name reads on a shared screen: given name and the initial of the last one. */
export function shortName(fullName: string): string {
  const names = fullName.trim().split(/\s+/);
  const [given = "", ...others] = names;
  const last = others.at(-1);
  return last ? `${given} ${(Array.from(last)[0] ?? "").toLocaleUpperCase("pt-PT")}.` : given;
}

/** What the screen would show for each choice; the ticket is an example before arrival. */
export function screenLabel(fullName: string, choice: LabelChoice, ticket: string): string {
  if (choice === "ticket") return ticket;
  return choice === "full" ? fullName.trim() : shortName(fullName);
}
