import { expect, test } from "vitest";
import { ServiceError } from "./errors.ts";
import { checkKeys, developmentKey, randomKey } from "./keys.ts";

function codeOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

test.each([
  ["short", "127.0.0.1", "bad-key"],
  [`${"k".repeat(40)};`, "127.0.0.1", "bad-key"],
  [` ${"k".repeat(40)}`, "127.0.0.1", "bad-key"],
  [`${"k".repeat(40)}\n`, "127.0.0.1", "bad-key"],
  [developmentKey, "0.0.0.0", "development-key-exposed"],
  [developmentKey, "::", "development-key-exposed"],
  [developmentKey, "192.168.1.2", "development-key-exposed"],
  [developmentKey, "127.example.com", "development-key-exposed"],
  [developmentKey, "127.0.0.1", undefined],
  [developmentKey, "::1", undefined],
  [developmentKey, "localhost", undefined],
  ["k".repeat(32), "0.0.0.0", undefined],
])("key %j on %s: %s", (key, host, code) => {
  expect(codeOf(() => checkKeys([randomKey(), key], host))).toBe(code);
});

test("random keys are fit and differ", () => {
  expect(codeOf(() => checkKeys([randomKey()], "0.0.0.0"))).toBeUndefined();
  expect(randomKey()).not.toBe(randomKey());
});
