/**
 * The Portuguese tax number: nine digits, the last a check digit modulo 11. The server decides;
 * this only tells a person at once that a digit is wrong.
 */

import { plain } from "./typed";

/** Stands for "no number given" on invoices; nobody owns it. */
export const FINAL_CONSUMER_NIF = "999999990";

export function cleanNif(text: string): string {
  return plain(text).replace(/[ .-]/g, "").replace(/^PT/i, "");
}

export function isNif(text: string): boolean {
  const nif = cleanNif(text);
  if (!/^[1-9]\d{8}$/.test(nif) || nif === FINAL_CONSUMER_NIF) return false;
  let sum = 0;
  for (let i = 0; i < 8; i += 1) sum += Number(nif[i]) * (9 - i);
  const rest = sum % 11;
  return Number(nif[8]) === (rest < 2 ? 0 : 11 - rest);
}
