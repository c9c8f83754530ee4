import { createRoot } from "react-dom/client";
import { keepReloading } from "@/lib/version";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { Broken } from "./Board";
import { Display } from "./Display";
import "./display.css";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <ErrorBoundary fallback={<Broken />} onError={keepReloading}>
      <Display />
    </ErrorBoundary>,
  );
}
