import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig(({ command }) => {
  // A test runner has set NODE_ENV to "test": the page would be built with React's development half, 40 KB larger.
  if (command === "build") process.env["NODE_ENV"] = "production";
  return {
    plugins: [react()],
    // The packages of this workspace are read from their sources, so the page needs no build of theirs.
    resolve: {
      conditions: ["y-webpubsub-source", ...defaultClientConditions],
      alias: { "lib0/logging": new URL("src/quiet-logging.ts", import.meta.url).pathname },
    },
    build: {
      outDir: "dist",
      emptyOutDir: true,
      target: "es2022",
      // A data: URL would need an exception in the Content-Security-Policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
    },
  };
});
