import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { startI18n } from "@/lib/i18n";
import { createQueryClient } from "@/lib/query";
import { en } from "@/locales/en/patient";
import { en as staffEn } from "@/locales/en/staff";
import { pt } from "@/locales/pt/patient";
import { pt as staffPt } from "@/locales/pt/staff";
import { Providers } from "@/ui";

/** Renders inside what every page of ours stands in, in Portuguese. */
export function renderPage(children: ReactNode) {
  startI18n({ patient: { pt, en }, staff: { pt: staffPt, en: staffEn } });
  return render(<Providers client={createQueryClient()}>{children}</Providers>);
}
