import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en as commonEn } from "@/locales/en/common";
import { pt as commonPt } from "@/locales/pt/common";
import { isProblem, type Problem } from "./api/problem";
import { currentLanguage, onLanguage, setLanguage } from "./language";

type Words = Record<string, unknown>;

/**
 * Starts the languages of one entry with the namespaces that it brings, beside `common`, which
 * every entry has.
 */
export function startI18n(namespaces: Record<string, { pt: Words; en: Words }>): void {
  const pt: Record<string, Words> = { common: commonPt };
  const en: Record<string, Words> = { common: commonEn };
  for (const [name, words] of Object.entries(namespaces)) {
    pt[name] = words.pt;
    en[name] = words.en;
  }
  void i18next.use(initReactI18next).init({
    lng: currentLanguage(),
    fallbackLng: "pt",
    resources: { pt, en },
    ns: Object.keys(pt),
    defaultNS: "common",
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  });
  setLanguage(currentLanguage(), { remember: false });
  onLanguage((language) => void i18next.changeLanguage(language));
}

/** What happened and what to do next, in the person's words. */
export function problemText(error: unknown): string {
  if (!isProblem(error)) return i18next.t("common:problem.unknown");
  const minutes = error.retryAfter === null ? 1 : Math.max(1, Math.ceil(error.retryAfter / 60));
  const key = `common:problem.${error.code}`;
  if (i18next.exists(key)) return i18next.t(key, { minutes });
  if (error.detail) return error.detail;
  return i18next.t(byStatus(error), { minutes });
}

function byStatus(problem: Problem) {
  if (problem.status === 429) return "common:problem.throttled";
  if (problem.status === 503) return "common:problem.unavailable";
  if (problem.status === 404) return "common:problem.not_found";
  if (problem.status === 401) return "common:problem.not_authenticated";
  return "common:problem.unknown";
}

/** The sentence for one field of a refused form. */
export function fieldProblemText(problem: { code: string; detail: string }): string {
  const key = `common:field.${problem.code}`;
  return i18next.exists(key) ? i18next.t(key) : problem.detail;
}
