import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { startI18n } from "@/lib/i18n";
import { createQueryClient } from "@/lib/query";
import { en } from "@/locales/en/staff";
import { pt } from "@/locales/pt/staff";
import { Crash, LatePage, Providers } from "@/ui";
import "@/ui/base.css";
import { MissingPage } from "./MissingPage";
import { Agenda, Today } from "./pages";
import { Shell } from "./Shell";

startI18n({ staff: { pt, en } });

const router = createBrowserRouter(
  [
    {
      element: <Shell />,
      errorElement: <Crash />,
      children: [
        {
          errorElement: <Crash />,
          hydrateFallbackElement: <LatePage />,
          children: [
            { index: true, element: <Today /> },
            { path: "agenda", element: <Agenda /> },
            {
              path: "utentes",
              lazy: async () => ({
                Component: (await import("@/features/people/PeoplePage")).PeoplePage,
              }),
            },
            {
              path: "ecras",
              lazy: async () => ({
                Component: (await import("@/features/devices/ScreensPage")).ScreensPage,
              }),
            },
            {
              path: "esperas",
              lazy: async () => ({
                Component: (await import("@/features/waits/WaitsPage")).WaitsPage,
              }),
            },
            {
              path: "dinheiro",
              lazy: async () => ({ Component: (await import("./MoneyPage")).MoneyPage }),
            },
            {
              path: "privacidade",
              lazy: async () => ({ Component: (await import("./PrivacyPage")).PrivacyPage }),
            },
            {
              path: "conta",
              lazy: async () => ({ Component: (await import("./AccountPage")).AccountPage }),
            },
            { path: "*", element: <MissingPage /> },
          ],
        },
      ],
    },
  ],
  { basename: "/staff" },
);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <Providers client={createQueryClient()}>
      <RouterProvider router={router} />
    </Providers>,
  );
}
