import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Caller } from "./exchange.ts";
import { defaultUpstreamLimits } from "./limits.ts";
import { Preflight } from "./preflight.ts";

interface Asked {
  count: number;
  allow: boolean;
}

async function preflight(listener?: RequestListener) {
  const asked: Asked = { count: 0, allow: true };
  const server = createServer((request, response) => {
    asked.count += 1;
    if (listener !== undefined) return listener(request, response);
    if (asked.allow) response.setHeader("WebHook-Allowed-Origin", ["other", "HOST:80"]);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const caller = new Caller(10);
  onTestFinished(async () => {
    caller.end();
    await new Promise((resolve) => server.close(resolve));
  });
  let now = 0;
  const clock = { now: () => now, after: () => () => undefined };
  const subject = new Preflight(caller, clock, defaultUpstreamLimits);
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?code=secret`);
  return {
    asked,
    ask: () => subject.problem(url, "host:80"),
    forget: () => subject.forget(),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test("an answer counts for 60 s, for everybody who asks meanwhile", async () => {
  const { asked, ask, pass } = await preflight();
  expect(await Promise.all([ask(), ask()])).toEqual([undefined, undefined]);
  pass(59_999);
  await ask();
  expect(asked.count).toBe(1);
  pass(1);
  await ask();
  expect(asked.count).toBe(2);
});

test("after failures the pause doubles from 1 to 60 s, and begins anew after a success", async () => {
  const { asked, ask, pass } = await preflight();
  asked.allow = false;
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    const before = asked.count;
    expect(await ask()).toContain("WebHook-Allowed-Origin");
    pass(pauseMs - 1);
    await ask();
    expect(asked.count).toBe(before + 1);
    pass(1);
  }
  asked.allow = true;
  expect(await ask()).toBeUndefined();
  pass(60_000);
  asked.allow = false;
  expect(await ask()).toContain("WebHook-Allowed-Origin");
  pass(1_000);
  asked.allow = true;
  expect(await ask()).toBeUndefined();
});

test("forgetting asks at once", async () => {
  const { asked, ask, forget } = await preflight();
  asked.allow = false;
  await ask();
  asked.allow = true;
  forget();
  expect(await ask()).toBeUndefined();
});

test.each<[string, RequestListener]>([
  ["403", (_request, response) => response.writeHead(403).end()],
  ["404", (_request, response) => response.writeHead(404).end()],
  ["no answer", (request) => request.socket.destroy()],
  ["a redirect", (_request, response) => response.writeHead(307, { location: "/" }).end()],
])("%s is a problem in words that show no key", async (_name, listener) => {
  const { ask } = await preflight(listener);
  const problem = await ask();
  expect(problem).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/path /);
  expect(problem).not.toContain("secret");
});
