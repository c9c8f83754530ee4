import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { startI18n } from "@/lib/i18n";
import { createQueryClient } from "@/lib/query";
import { en as moneyEn } from "@/locales/en/money";
import { en } from "@/locales/en/patient";
import { en as sandboxEn } from "@/locales/en/sandbox";
import { en as staffEn } from "@/locales/en/staff";
import { pt as moneyPt } from "@/locales/pt/money";
import { pt } from "@/locales/pt/patient";
import { pt as sandboxPt } from "@/locales/pt/sandbox";
import { pt as staffPt } from "@/locales/pt/staff";
import { Providers } from "@/ui";

/** Renders inside what every page of ours stands in, in Portuguese. */
export function renderPage(children: ReactNode) {
  startI18n({
    patient: { pt, en },
    staff: { pt: staffPt, en: staffEn },
    money: { pt: moneyPt, en: moneyEn },
    sandbox: { pt: sandboxPt, en: sandboxEn },
  });
  return render(<Providers client={createQueryClient()}>{children}</Providers>);
}
