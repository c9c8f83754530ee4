import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { alias, assetNames, backendProxy, root } from "./vite.shared.ts";

/** The patient, staff, kiosk and sandbox pages. The display has its own config: old engines, tiny budget. */
export default defineConfig({
  root,
  plugins: [react()],
  resolve: { alias },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  server: { proxy: backendProxy },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "staff.html", "kiosk.html", "sandbox.html"],
      output: assetNames,
    },
  },
  test: {
    environment: "happy-dom", // a file that needs no page says so in its first line
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "liveness/src/*.test.tsx"],
    // What Amazon's screen is given is tested also where its packages aren't installed.
    alias: [
      { find: /^@(aws-amplify|tensorflow)\/.*/, replacement: `${root}liveness/src/standIn.tsx` },
    ],
    env: { TZ: "America/New_York" },
    restoreMocks: true,
    maxWorkers: 2,
  },
});
