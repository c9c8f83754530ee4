/** Portuguese mobile numbers as people type them, e.g. `912 345 678` or `+351 912345678`. */

import { plain } from "./typed";

export function cleanPhone(text: string): string {
  return plain(text)
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[ ().\/-]/g, "")
    .replace(/^00/, "+");
}

export function isPortugueseMobile(text: string): boolean {
  return /^(?:\+351)?9[1236]\d{7}$/.test(cleanPhone(text));
}

/** E.164. Nine digits without a prefix are Portuguese. */
export function toE164(text: string): string {
  const phone = cleanPhone(text);
  return /^\d{9}$/.test(phone) ? `+351${phone}` : phone;
}

export function isPhone(text: string): boolean {
  return /^\+[1-9]\d{7,14}$/.test(toE164(text));
}

/** `912 345 678` for Portuguese numbers, unchanged for others. */
export function formatPhone(phone: string): string {
  const match = /^\+351(\d{3})(\d{3})(\d{3})$/.exec(phone);
  return match ? `${match[1] ?? ""}\u00a0${match[2] ?? ""}\u00a0${match[3] ?? ""}` : phone;
}
