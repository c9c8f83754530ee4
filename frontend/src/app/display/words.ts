/** The display speaks Portuguese, with a line of English where a visitor needs it. */

import type { Wait } from "@/lib/api/types";
import { civilDate, daysBetween } from "@/lib/civil";
import { formatTime, formatWeekdayLong, waitWords } from "@/lib/format";

export const words = {
  now: "Agora",
  nowEn: "Now",
  room: "Gabinete",
  before: "Chamados há pouco",
  next: "A seguir",
  nextEn: "Next",
  anyMoment: "a qualquer momento",
  upTo: (minutes: number) => `até ${minutes} min`,
  night: "Boa noite",
  quiet: "De momento não há chamadas",
  quietEn: "Nobody is being called right now",
  nobodyWaits: "Ninguém à espera",
  more: (count: number) => `e mais ${count} em espera`,
  closed: "Clínica fechada",
  closedEn: (opening: number) => `Closed. Opens at ${formatTime(opening)}`,
  lost: "ligação perdida",
  ageing: (at: number) => `A atualizar… dados das ${formatTime(at)}`,
  untrusted: "Aguarde indicação da receção",
  untrustedEn: "Please wait for the reception's instructions",
  silent: {
    blocked: "sem som: toque no ecrã",
    quiet: "sem som: horário silencioso",
    muted: "sem som",
  },
  connecting: "A ligar…",
};

/** `3` or `2B`, which need their word; "Ginásio" speaks for itself. */
export function isNumbered(room: string): boolean {
  return room.length <= 3 && /\d/.test(room);
}

/** `Abre às`, before the time; with the day where it isn't today. */
export function opensText(opening: number, now: number): string {
  const day = civilDate(opening);
  const days = daysBetween(civilDate(now), day);
  const when = days === 0 ? "" : days === 1 ? "amanhã " : `${formatWeekdayLong(day, "pt")} `;
  return `Abre ${when}às `;
}

export function roomText(room: string): string {
  return isNumbered(room) ? `${words.room} ${room}` : room;
}

/** A call for the browser's voice, which says numbers itself: zeros in front one by one. */
export function spoken({ ticket, room }: { ticket: string; room: string }): string {
  const [, letter = "", zeros = "", number = ""] = /^([A-Z]+)(0*)(\d*)$/.exec(ticket) ?? [];
  const parts = [letter, ...zeros.split(""), number].filter(Boolean);
  return `Senha ${parts.join(", ")}. ${roomText(room)}.`;
}

export function waitText(wait: Wait | null): string {
  if (!wait) return "";
  const said = waitWords(wait);
  if (said.kind === "any_moment") return words.anyMoment;
  return said.low === 0 ? words.upTo(said.high) : `${said.low}–${said.high} min`;
}

export const pairingWords = {
  title: "Ligar este ecrã",
  steps: "Na receção, abra Ecrãs, crie um ecrã e escreva aqui os seis algarismos.",
  stepsEn: "At reception: Screens, new screen, then type the six digits here.",
  code: "Código",
  erase: "Apagar",
  clear: "Limpar",
  checking: "A verificar…",
  wrong_code: "Este código não serve ou já expirou. Peça outro na receção.",
  too_many: "Demasiadas tentativas. Peça um código novo na receção.",
  offline: "Sem ligação ao servidor. Verifique a rede e tente de novo.",
};
