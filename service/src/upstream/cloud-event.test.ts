import { createSecretKey } from "node:crypto";
import { expect, test } from "vitest";
import { headerText, signature } from "./cloud-event.ts";

test("a signature is the lower-case hex of HMAC-SHA256 over the connection id, one for each key", () => {
  const keys = ["key", "Jefe"].map((key) => createSecretKey(Buffer.from(key)));
  expect(signature("what do ya want for nothing?", keys).split(",")[1]).toBe(
    // RFC 4231, test case 2.
    "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  expect(signature("The quick brown fox jumps over the lazy dog", keys.slice(0, 1))).toBe(
    "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
  );
});

test.each([
  ["ada", "ada"],
  ["Ada Lovelace <ada@example.com>", "Ada Lovelace <ada@example.com>"],
  ["Zoë", "Zo%C3%AB"],
  ["Zo%C3%AB", "Zo%25C3%25AB"],
  [" a ", "%20a%20"],
  ["a\r\nx: y", "a%0D%0Ax: y"],
  ["\ud800", "%EF%BF%BD"],
  ["👍", "%F0%9F%91%8D"],
])("%j stands in a header as %s", (text, header) => {
  expect(headerText(text)).toBe(header);
});
