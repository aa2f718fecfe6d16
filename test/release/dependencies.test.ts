import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./entries.ts";

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
}

function lock(path: string): [string, Locked][] {
  const { packages } = JSON.parse(readFileSync(join(root, path), "utf8")) as {
    packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages).filter(([place, { link }]) => place.includes("node_modules/") && !link);
}

/** Permissive, or copyleft for its own files only. */
const allowed = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "0BSD",
  "CC0-1.0",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "MPL-2.0",
  "BlueOak-1.0.0",
  "Python-2.0",
  "Unlicense",
]);

/** Of data: what webpack knows of browsers. Tests only. */
const exception = "node_modules/caniuse-lite: CC-BY-4.0";

function isAllowed(license: string | undefined): boolean {
  const alternatives = (license ?? "").replace(/[()]/g, "").split(" OR ");
  return alternatives.some((one) => one.split(" AND ").every((name) => allowed.has(name)));
}

describe.each([
  ["package-lock.json"],
  ["test/bench/peers/package-lock.json"],
  ["test/bench/peers/weave/package-lock.json"],
  ["test/services/package-lock.json"],
])("%s", (path) => {
  test("names no registry and has a checksum for every package", () => {
    const locked = lock(path);
    expect(locked.length).toBeGreaterThan(20);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([place]) => place)).toEqual([]);
  });
});

test("everything that npm ci installs has a licence that can be lived with", () => {
  const strange = lock("package-lock.json").filter(([, { license }]) => !isAllowed(license));
  expect(strange.map(([place, { license }]) => `${place}: ${license}`)).toEqual([exception]);
});

test("a published package brings few others", () => {
  const manifest = (folder: string) =>
    JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  expect(Object.keys(manifest("provider").dependencies)).toEqual(["@azure/web-pubsub-client", "lib0", "y-protocols"]);
  expect(Object.keys(manifest("service").dependencies)).toEqual(["mqtt-packet", "ws"]);
  expect(Object.keys(manifest("lib").dependencies)).toEqual([
    "@azure/web-pubsub",
    "classic-level",
    "express",
    "lib0",
    "y-webpubsub",
    "yjs",
  ]);
});
