import { createRoot } from "react-dom/client";
import { startI18n } from "@/lib/i18n";
import { reloadIfServed } from "@/lib/version";
import { en } from "@/locales/en/kiosk";
import { pt } from "@/locales/pt/kiosk";
import { Crash, ErrorBoundary } from "@/ui";
import { Kiosk } from "./Kiosk";
import "@/ui/base.css";
import "./kiosk.css";

startI18n({ kiosk: { pt, en } });

/** Nobody attends the kiosk: what broke is tried again by itself. */
const TRY_AGAIN_MS = 10_000;

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <ErrorBoundary
      fallback={<Crash />}
      onError={() => setInterval(() => void reloadIfServed(), TRY_AGAIN_MS)}
    >
      <Kiosk />
    </ErrorBoundary>,
  );
}
