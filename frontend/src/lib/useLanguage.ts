import { useSyncExternalStore } from "react";
import type { Language } from "./format";
import { currentLanguage, onLanguage } from "./language";

export function useLanguage(): Language {
  return useSyncExternalStore(onLanguage, currentLanguage);
}
