import { defineConfig } from "vitest/config";

const conditions = ["y-webpubsub-source"];

/** One project a kind of test; `npm test` (test/run.ts) runs them in this order and prints the closing line. */
function project(name: string, include: readonly string[], testTimeout = 20_000) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include: [...include],
      environment: "node",
      testTimeout,
      hookTimeout: 60_000,
      setupFiles: ["test/support/fixed-seed.ts"],
    },
  };
}

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      project("unit", [
        "{provider,service,lib,demo-whiteboard}/src/**/*.test.{ts,tsx}",
        "test/*.test.ts",
        "test/contract/**/*.test.ts",
      ]),
      project("conformance", ["test/conformance/**/*.test.ts"]),
      project("sim", ["test/sim/**/*.test.ts"], 600_000),
      project("e2e", ["test/{e2e,release}/**/*.test.ts"], 120_000),
      project("crash", ["test/crash/**/*.test.ts"], 600_000),
      project("browser", ["test/{browser,editors}/**/*.test.ts"], 120_000),
    ],
  },
});
