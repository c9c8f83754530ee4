import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";
import { alias, assetNames, backendProxy, root } from "./vite.shared.ts";

/** Writes version.json, whose value changes exactly when a file of the display changes. */
function versionFile(): Plugin {
  return {
    name: "vez-version-file",
    generateBundle(_options, bundle) {
      const names = Object.keys(bundle).sort().join("\n");
      const version = createHash("sha256").update(names).digest("hex").slice(0, 12);
      this.emitFile({
        type: "asset",
        fileName: "version.json",
        source: `${JSON.stringify({ version })}\n`,
      });
    },
  };
}

/** The waiting-room display: React source on Preact, for televisions from Chrome 61 on. */
export default defineConfig({
  root,
  plugins: [versionFile()],
  resolve: {
    alias: {
      ...alias,
      "react/jsx-runtime": "preact/jsx-runtime",
      "react/jsx-dev-runtime": "preact/jsx-runtime",
      "react-dom/client": "preact/compat/client",
      "react-dom": "preact/compat",
      react: "preact/compat",
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  server: { proxy: backendProxy, port: 5174 },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "chrome61",
    cssTarget: "chrome61",
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input: ["display.html"],
      output: {
        ...assetNames,
        entryFileNames: "assets/display/[name]-[hash].js",
        chunkFileNames: "assets/display/[name]-[hash].js",
      },
    },
  },
});
