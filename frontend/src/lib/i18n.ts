import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en as commonEn } from "@/locales/en/common";
import { pt as commonPt } from "@/locales/pt/common";
import { isProblem } from "./api/problem";
import { LOCALES } from "./format";
import { currentLanguage, onLanguage, setLanguage } from "./language";

type Words = Record<string, unknown>;

/**
 * Starts the languages of one entry with the namespaces that it brings, beside `common`, which
 * every entry has. Portuguese goes by its European name: in Brazil a nought counts as singular.
 */
export function startI18n(namespaces: Record<string, { pt: Words; en: Words }>): void {
  const pt: Record<string, Words> = { common: commonPt };
  const en: Record<string, Words> = { common: commonEn };
  for (const [name, words] of Object.entries(namespaces)) {
    pt[name] = words.pt;
    en[name] = words.en;
  }
  void i18next.use(initReactI18next).init({
    lng: LOCALES[currentLanguage()],
    fallbackLng: LOCALES.pt,
    load: "currentOnly",
    resources: { [LOCALES.pt]: pt, [LOCALES.en]: en },
    ns: Object.keys(pt),
    defaultNS: "common",
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  });
  setLanguage(currentLanguage(), { remember: false });
  onLanguage((language) => void i18next.changeLanguage(LOCALES[language]));
}

/** Adds the words of a page that is loaded by itself, once it is needed. */
export function addWords(namespace: string, words: { pt: Words; en: Words }): void {
  i18next.addResourceBundle(LOCALES.pt, namespace, words.pt);
  i18next.addResourceBundle(LOCALES.en, namespace, words.en);
}

/** For keys that are made from the server's codes; all others are typed. */
const say = i18next.t as unknown as (key: string, values?: Record<string, unknown>) => string;

/** What happened and what to do next, in the person's words. */
export function problemText(error: unknown): string {
  if (!isProblem(error)) return say("common:problem.unknown");
  const minutes = error.retryAfter === null ? 1 : Math.max(1, Math.ceil(error.retryAfter / 60));
  const key = `common:problem.${error.code}`;
  if (i18next.exists(key)) return say(key, { minutes });
  return error.detail || say(byStatus(error.status), { minutes });
}

function byStatus(status: number): string {
  if (status === 429) return "common:problem.throttled";
  if (status === 503) return "common:problem.unavailable";
  if (status === 404) return "common:problem.not_found";
  if (status === 401) return "common:problem.not_authenticated";
  return "common:problem.unknown";
}

/** The sentence for one field of a refused form. */
export function fieldProblemText(problem: { code: string; detail: string }): string {
  const keys = [`common:field.${problem.code}`, `common:problem.${problem.code}`];
  const key = keys.find((one) => i18next.exists(one));
  return key ? say(key) : problem.detail;
}
