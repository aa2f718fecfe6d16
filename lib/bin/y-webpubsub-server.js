#!/usr/bin/env node
import { existsSync } from "node:fs";

const source = new URL("../src/operate/main.ts", import.meta.url);

// A checkout runs its sources, so that nothing needs to be built and nothing built can be out of date.
// It runs them in this very process: whoever stops or kills it stops the server.
if (existsSync(source)) {
  const { register } = await import(import.meta.resolve("tsx/esm/api"));
  register();
  const { register: addHooks } = await import("node:module");
  // The workspace's own packages, too, are taken from their sources.
  const hooks = `export const resolve = (specifier, context, next) =>
    next(specifier, { ...context, conditions: [...context.conditions, "y-webpubsub-source"] });`;
  addHooks(`data:text/javascript,${encodeURIComponent(hooks)}`);
  await import(source.href);
} else {
  await import("../dist/operate/main.js");
}
