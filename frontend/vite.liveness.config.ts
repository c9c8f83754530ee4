import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { alias, root } from "./vite.shared.ts";

/** Writes liveness.json, by which the server knows that the part is there and the kiosk finds it. */
function entryFile(): Plugin {
  return {
    name: "vez-entry-file",
    generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
      if (!entry) throw new Error("the build has no entry");
      this.emitFile({
        type: "asset",
        fileName: "liveness.json",
        source: `${JSON.stringify({ module: `/${entry.fileName}` })}\n`,
      });
    },
  };
}

/** The kiosk's video check, beside the pages: only where a clinic asks for it. */
export default defineConfig({
  root,
  plugins: [react(), entryFile()],
  resolve: { alias },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["liveness/src/main.ts"],
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "assets/liveness/[name]-[hash].js",
        chunkFileNames: "assets/liveness/[name]-[hash].js",
        assetFileNames: "assets/liveness/[name]-[hash][extname]",
      },
    },
  },
});
