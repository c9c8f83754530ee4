import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL(".", import.meta.url));

export const alias = { "@": fileURLToPath(new URL("./src", import.meta.url)) };

/** Hashed names under assets/: those may be cached for ever, pages never. */
export const assetNames = {
  entryFileNames: "assets/[name]-[hash].js",
  chunkFileNames: "assets/[name]-[hash].js",
  assetFileNames: "assets/[name]-[hash][extname]",
};

const backend = process.env.VEZ_BACKEND ?? "http://localhost:8000";

export const backendProxy = {
  "/api": { target: backend, changeOrigin: false },
  "/ws": { target: backend, ws: true, changeOrigin: false },
};
