import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { startI18n } from "@/lib/i18n";
import { createQueryClient } from "@/lib/query";
import { en } from "@/locales/en/patient";
import { pt } from "@/locales/pt/patient";
import { Providers } from "@/ui";

/** Renders inside what every page of ours stands in, in Portuguese. */
export function renderPage(children: ReactNode) {
  startI18n({ patient: { pt, en } });
  return render(<Providers client={createQueryClient()}>{children}</Providers>);
}
