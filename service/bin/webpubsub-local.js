#!/usr/bin/env node
import { existsSync } from "node:fs";

const source = new URL("../src/main.ts", import.meta.url);

// A checkout runs its sources, so that nothing needs to be built and nothing built can be out of date.
// It runs them in this very process: whoever stops or kills it stops the service.
if (existsSync(source)) {
  const { register } = await import(import.meta.resolve("tsx/esm/api"));
  register();
  await import(source.href);
} else {
  await import("../dist/main.js");
}
