import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

/** The packages of this workspace are read from their sources, so the page needs no build of theirs. */
export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["y-webpubsub-source", ...defaultClientConditions] },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // A data: URL would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
