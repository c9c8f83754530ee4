import { createRoot } from "react-dom/client";
import { startI18n } from "@/lib/i18n";
import { keepReloading } from "@/lib/version";
import { en } from "@/locales/en/kiosk";
import { pt } from "@/locales/pt/kiosk";
import { ErrorBoundary } from "@/ui";
import { Broken } from "./Broken";
import { Kiosk } from "./Kiosk";
import "@/ui/base.css";
import "./kiosk.css";

startI18n({ kiosk: { pt, en } });

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <ErrorBoundary fallback={<Broken />} onError={keepReloading}>
      <Kiosk />
    </ErrorBoundary>,
  );
}
