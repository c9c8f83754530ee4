import "@/ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startI18n } from "@/lib/i18n";
import { createQueryClient } from "@/lib/query";
import { en } from "@/locales/en/sandbox";
import { pt } from "@/locales/pt/sandbox";
import { Providers } from "@/ui";
import { Stage } from "./Stage";

startI18n({ sandbox: { pt, en } });

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <Providers client={createQueryClient()}>
      <Stage />
    </Providers>
  </StrictMode>,
);
