import type { Language } from "./format";

const KEY = "vez.language";
const listeners = new Set<(language: Language) => void>();

function remembered(): Language | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "pt" || value === "en" ? value : null;
  } catch {
    return null;
  }
}

let language: Language | null = null;

/** Portuguese unless this browser once chose English. */
export function currentLanguage(): Language {
  language ??= remembered() ?? "pt";
  return language;
}

/** Sets the language of the page; `remember` keeps it for the next visit (not on shared screens). */
export function setLanguage(next: Language, { remember = true } = {}): void {
  language = next;
  document.documentElement.lang = next === "pt" ? "pt-PT" : "en";
  if (remember) {
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Private windows may refuse storage; the choice then lasts as long as the page.
    }
  }
  listeners.forEach((listener) => listener(next));
}

/** Speaks the language that the clinic knows somebody by, unless this browser has chosen one. */
export function suggestLanguage(next: Language): void {
  if (remembered() === null && next !== language) setLanguage(next, { remember: false });
}

export function onLanguage(listener: (language: Language) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
