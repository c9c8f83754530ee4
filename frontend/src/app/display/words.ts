/** The display speaks Portuguese, with a line of English where a visitor needs it. */

import { formatTime, waitWords, type WaitRange } from "@/lib/format";

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
  more: (count: number) => (count === 1 ? "e mais 1 utente" : `e mais ${count} utentes`),
  lost: "ligação perdida",
  ageing: (at: number) => `A atualizar… dados das ${formatTime(at)}`,
  untrusted: "Aguarde indicação da receção",
  untrustedEn: "Please wait for the reception's instructions",
  muted: "sem som",
  mutedHint: "Toque no ecrã para ligar o som",
  connecting: "A ligar…",
};

/** `3` or `2B`, which need their word; "Ginásio" speaks for itself. */
export function isNumbered(room: string): boolean {
  return room.length <= 3 && /\d/.test(room);
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

export function waitText(wait: WaitRange | null): string {
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
