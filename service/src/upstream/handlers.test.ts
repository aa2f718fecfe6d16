import { expect, test } from "vitest";
import { type EventHandler, handlerUrl, shown, systemHandler, userHandler } from "./handlers.ts";

const handlers: readonly EventHandler[] = [
  { urlTemplate: "http://one/", userEventPattern: "Alpha, beta.x" },
  { urlTemplate: "http://two/", systemEvents: ["connected"] },
  { urlTemplate: "http://three/", systemEvents: ["connect", "connected"], userEventPattern: "*" },
];

test.each([
  ["alpha", "http://one/"],
  ["BETA.X", "http://one/"],
  ["beta", "http://three/"],
  ["*", "http://three/"],
])("the event %s goes to %s", (event, url) => {
  expect(userHandler(handlers, event)?.urlTemplate).toBe(url);
});

test("the first handler of a system event gets it; one without handler goes nowhere", () => {
  expect(systemHandler(handlers, "connected")?.urlTemplate).toBe("http://two/");
  expect(systemHandler(handlers, "connect")?.urlTemplate).toBe("http://three/");
  expect(systemHandler(handlers, "disconnected")).toBeUndefined();
  expect(userHandler(handlers.slice(0, 2), "gamma")).toBeUndefined();
});

test.each([
  ["http://h/{hub}/{event}", "http://h/a%5Bb/say"],
  ["http://h/{HUB}?e={Event}&c={hub}", "http://h/a%5Bb?e=say&c=a%5Bb"],
  ["http://h/plain", "http://h/plain"],
])("%s becomes %s", (template, url) => {
  expect(handlerUrl(template, { hub: "a[b", event: "say" })?.href).toBe(url);
});

test("a name cannot bring in a parameter or a path of its own", () => {
  expect(handlerUrl("http://h/{hub}/{event}", { hub: "{event}", event: "$&/../x" })?.pathname).toBe(
    "/%7Bevent%7D/%24%26%2F..%2Fx",
  );
});

test.each(["h/{event}", "ftp://h/", "http://", ""])("%j is no handler URL", (template) => {
  expect(handlerUrl(template, { hub: "h", event: "e" })).toBeUndefined();
});

test("keys in a URL are not shown", () => {
  expect(shown(new URL("https://user:password@h.example/path?code=secret"))).toBe("https://h.example/path");
});
