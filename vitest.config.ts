import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import type { InlineConfig } from "vitest/node";
import { LongFirst } from "./test/support/long-first.ts";

const conditions = ["y-webpubsub-source"];
const alias = [{ find: "./fold-entry.ts", replacement: resolve("test/support/built-fold-entry.ts") }];

/** One project a kind of test; `npm test` (test/run.ts) runs them in this order and prints the closing line. */
function project(name: string, include: readonly string[], options: InlineConfig = {}) {
  return {
    resolve: { conditions, alias },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include: [...include],
      environment: "node",
      testTimeout: 20_000,
      hookTimeout: 60_000,
      setupFiles: ["test/support/fixed-seed.ts"],
      globalSetup: ["test/support/build-thread.ts"],
      ...options,
    },
  };
}

/** They replace modules for the whole of their process, and so each has one of its own. */
const withMocks = ["provider/src/provider.test.ts", "provider/src/react/hooks.test.ts"];

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    sequence: { sequencer: LongFirst },
    projects: [
      // Loading the packages anew for each of 200 files took longer than the tests.
      project(
        "unit",
        [
          "{provider,service,lib,demo-whiteboard}/src/**/*.test.{ts,tsx}",
          "test/*.test.ts",
          "test/contract/**/*.test.ts",
        ],
        { isolate: false, exclude: withMocks },
      ),
      project("mocks", withMocks),
      project("conformance", ["test/conformance/**/*.test.ts"], { isolate: false }),
      project("sim", ["test/sim/**/*.test.ts"], { testTimeout: 600_000 }),
      project("e2e", ["test/{e2e,release}/**/*.test.ts"], { testTimeout: 120_000, isolate: false }),
      project("crash", ["test/crash/**/*.test.ts"], { testTimeout: 600_000 }),
      project("browser", ["test/{browser,editors}/**/*.test.ts"], { testTimeout: 120_000, isolate: false }),
    ],
  },
});
