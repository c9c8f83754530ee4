/** Finding one of the day's patients as people ask for them: by a part of the name or by ticket. */

import type { Day, StaffAppointment } from "@/lib/api/types";

const MOST_SHOWN = 7;

function words(text: string): string[] {
  const plain = text.normalize("NFD").replace(/\p{Diacritic}/gu, "");
  return plain.toLowerCase().split(/\s+/).filter(Boolean);
}

/** `12`, `a12` and `A012` all mean the ticket A012; `a01` is its beginning. */
function isTicket(typed: string, ticket: string): boolean {
  if (/^[a-z]\d/.test(typed) && ticket.toLowerCase().startsWith(typed)) return true;
  const read = /^([a-z]?)0*(\d+)$/.exec(typed);
  const given = /^([a-z])0*(\d+)$/.exec(ticket.toLowerCase());
  if (!read || !given) return false;
  return read[2] === given[2] && (read[1] === "" || read[1] === given[1]);
}

/** The day's appointments that fit, a ticket first, then by hour; nothing for an empty text. */
export function findInDay(day: Day, text: string): StaffAppointment[] {
  const typed = words(text);
  const [first] = typed;
  if (first === undefined) return [];
  const all = day.practitioners.flatMap((practitioner) => practitioner.appointments);
  const byTicket = all.filter(({ ticket }) => typed.length === 1 && isTicket(first, ticket));
  const byName = all.filter(({ patient }) => {
    const names = words(patient.full_name);
    return typed.every((word) => names.some((name) => name.startsWith(word)));
  });
  byName.sort((a, b) => new Date(a.start).getTime() - new Date(b.start).getTime());
  return [...new Set([...byTicket, ...byName])].slice(0, MOST_SHOWN);
}
