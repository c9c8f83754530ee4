/** Digits as people type them, with the spaces and dashes between them in their plain forms. */
export function plain(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\s/g, " ")
    .replace(/[\u2010-\u2015\u2212]/g, "-");
}
