import "@/ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { forgetAtSessionEnd } from "@/features/auth";
import { startI18n } from "@/lib/i18n";
import { createQueryClient } from "@/lib/query";
import { en } from "@/locales/en/patient";
import { pt } from "@/locales/pt/patient";
import { Providers } from "@/ui";
import { routes } from "./routes";

startI18n({ patient: { pt, en } });

const client = createQueryClient();
forgetAtSessionEnd(client);

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <Providers client={client}>
      <RouterProvider router={createBrowserRouter(routes)} />
    </Providers>
  </StrictMode>,
);
