/** Cents of a decimal string of the API. */
export function cents(amount: string): number {
  return Math.round(Number(amount) * 100);
}

/** The decimal string for an amount as a person writes it: `15`, `15,5`, `1.250,00`, `15.50 €`. */
export function amountFrom(text: string): string | null {
  const written = text.replace(/[\s€]/g, "");
  const grouped = /^\d{1,3}(\.\d{3})+(,\d{1,2})?$/.test(written);
  const plain = (grouped ? written.replaceAll(".", "") : written).replace(",", ".");
  return /^\d{1,8}(\.\d{1,2})?$/.test(plain) ? asAmount(Math.round(Number(plain) * 100)) : null;
}

/** A decimal string as a person writes it in Portuguese or English. */
export function written(amount: string, language: "pt" | "en"): string {
  return language === "pt" ? amount.replace(".", ",") : amount;
}

/** What remains after giving back, or null where so much can't be given back. */
export function rest(amount: string | null, most: string): string | null {
  if (amount === null) return null;
  const left = cents(most) - cents(amount);
  return cents(amount) > 0 && left >= 0 ? asAmount(left) : null;
}

/** Whole per cent of a total; nought of nothing. */
export function percent(part: string, total: string): number {
  return cents(total) ? Math.round((100 * cents(part)) / cents(total)) : 0;
}

function asAmount(inCents: number): string {
  return (inCents / 100).toFixed(2);
}
