import { expect, test } from "vitest";
import { buildBundles, bundleBytesMax } from "../bench/provider/bundle.ts";

test("a page's bundle of the provider, by esbuild and by vite, is small and wants nothing of Node", () => {
  const bundles = buildBundles();
  expect(bundles.map(({ bundler }) => bundler)).toEqual(["esbuild", "vite"]);
  for (const { gzipBytes, nodeModules } of bundles) {
    expect(nodeModules).toEqual([]);
    expect(gzipBytes).toBeGreaterThan(10_000);
    expect(gzipBytes).toBeLessThan(bundleBytesMax);
  }
});
