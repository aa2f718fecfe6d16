import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cursor, DocumentId } from "y-webpubsub/core";
import { board, ManualClock } from "../../core/testing/log-under-test.ts";
import { type Delivered, type Delivery, deliver } from "./deliver.ts";
import { webhookLimits } from "./limits.ts";
import { isPublicAddress } from "./public-address.ts";
import { type WebhookOptions, Webhooks } from "./webhooks.ts";

const secret = "a secret of at least thirty-two characters";
const one = "one" as Cursor;
const two = "two" as Cursor;

describe("web hooks", () => {
  let clock: ManualClock;
  let sent: Delivery[];
  let answers: Delivered[];
  let failures: string[];
  let hooks: Webhooks;

  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    answers = [];
    failures = [];
    hooks = hooksTo({ url: "https://example.org/hook", secret });
  });

  function hooksTo(options: WebhookOptions): Webhooks {
    return new Webhooks(options, {
      clock,
      counters: { count: () => undefined },
      random: () => 0.5,
      failed: (_document, event, reason) => failures.push(`${event} ${reason}`),
      send: async (delivery) => {
        sent.push(delivery);
        return answers.shift() ?? { outcome: "taken" };
      },
    });
  }

  function bodies(): readonly Record<string, unknown>[] {
    return sent.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async function settled(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  test("many edits are one call, with the newest head, and one more when it is quiet", async () => {
    hooks.stored(board, 1, one);
    clock.advance(1_000);
    hooks.stored(board, 1, two);
    expect(sent).toEqual([]);
    clock.advance(webhookLimits.changedMs - 1_000);
    await settled();
    expect(bodies()).toMatchObject([{ event: "changed", document: board, generation: 1, head: two }]);
    clock.advance(webhookLimits.quietMs);
    await settled();
    expect(bodies().map(({ event }) => event)).toEqual(["changed", "saved"]);
  });

  test("the receiver can check who calls and when", async () => {
    hooks.happened("empty", board, 1, one);
    await settled();
    const [call] = sent;
    const [, seconds = "", digest = ""] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(call?.headers["Webhook-Signature"] ?? "") ?? [];
    expect(Number(seconds)).toBe(Math.floor(clock.now() / 1_000));
    expect(digest).toBe(createHmac("sha256", secret).update(`${seconds}.${call?.body}`).digest("hex"));
  });

  test("what fails in passing is tried again, ever more slowly, and then given up and told", async () => {
    answers = Array.from({ length: 99 }, () => ({ outcome: "failed", reason: "answered 503" }));
    hooks.happened("deleted", board, 2, one);
    await settled();
    for (let tries = 1; tries < webhookLimits.triesMax; tries++) {
      expect(sent).toHaveLength(tries);
      clock.advance(webhookLimits.waitMsMax);
      await settled();
    }
    clock.advance(webhookLimits.waitMsMax * 2);
    await settled();
    expect(sent).toHaveLength(webhookLimits.triesMax);
    expect(failures).toEqual(["deleted answered 503"]);
    expect(new Set(bodies().map(({ id }) => id)).size).toBe(1);
  });

  test("what the receiver refuses is not tried again", async () => {
    answers = [{ outcome: "refused", reason: "answered 404" }];
    hooks.happened("empty", board, 1, one);
    await settled();
    expect(clock.waiting).toBe(0);
    expect(failures).toEqual(["empty answered 404"]);
  });

  test("a receiver that hangs costs bounded memory: the oldest calls go", async () => {
    const stuck = new Webhooks(
      { url: "https://example.org", secret },
      {
        ...{ clock, counters: { count: (name) => failures.push(name) }, random: () => 0, failed: () => undefined },
        send: ({ body }) => {
          sent.push({ body } as Delivery);
          return new Promise<Delivered>(() => undefined);
        },
      },
    );
    for (let at = 0; at < webhookLimits.waitingMax + 10; at++) stuck.happened("empty", `d${at}` as DocumentId, 1, one);
    expect(sent).toHaveLength(webhookLimits.callsMax);
    expect(failures.filter((name) => name === "webhooks-dropped")).toHaveLength(10 - webhookLimits.callsMax);
  });

  test("only the wanted events are sent, and none after close", async () => {
    const some = hooksTo({ url: "https://example.org", secret, events: ["saved"] });
    some.stored(board, 1, one);
    some.happened("empty", board, 1, one);
    clock.advance(60_000);
    await settled();
    expect(bodies().map(({ event }) => event)).toEqual(["saved"]);
    some.stored(board, 1, two);
    await some.close();
    clock.advance(60_000);
    await settled();
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["nonsense", "is no URL"],
    ["http://example.org", "https:"],
    ["file:///etc/passwd", "https:"],
    ["https://user:pass@example.org", "password"],
  ])("%s is refused with a next step", (url, words) => {
    expect(() => hooksTo({ url, secret })).toThrow(words);
    expect(() => hooksTo({ url: "https://example.org", secret: "short" })).toThrow("32 characters");
  });
});

describe("where a web hook may go", () => {
  let server: Server;
  let asked = 0;

  beforeEach(async () => {
    asked = 0;
    server = createServer((request, response) => {
      asked += 1;
      request.resume().on("end", () => {
        if (request.url === "/away") response.writeHead(302, { Location: "http://127.0.0.1/elsewhere" });
        else if (request.url === "/busy") response.writeHead(503);
        else if (request.url === "/large") response.write("x".repeat(1_000_000));
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function post(path: string, fields: Partial<Delivery> = {}, host = "127.0.0.1"): Promise<Delivered> {
    const url = new URL(`http://${host}:${(server.address() as AddressInfo).port}${path}`);
    return deliver({ url, headers: {}, body: "{}", anyAddress: true, signal: new AbortController().signal, ...fields });
  }

  test("a redirect is not followed, an overloaded receiver is asked again, a long answer is not read", async () => {
    expect(await post("/fine")).toEqual({ outcome: "taken" });
    expect(await post("/large")).toEqual({ outcome: "taken" });
    expect(await post("/away")).toEqual({ outcome: "refused", reason: "answered 302" });
    expect(await post("/busy")).toEqual({ outcome: "failed", reason: "answered 503" });
    expect(asked).toBe(4);
  });

  test("private addresses are refused as literals and behind names, and nothing is sent", async () => {
    const refused = { outcome: "refused" };
    expect(await post("/", { anyAddress: false })).toMatchObject(refused);
    expect(await post("/", { anyAddress: false }, "localhost")).toMatchObject(refused);
    expect(await post("/", { anyAddress: false }, "[::ffff:127.0.0.1]")).toMatchObject(refused);
    expect(await post("/", { anyAddress: false }, "2130706433")).toMatchObject(refused);
    expect(asked).toBe(0);
  });

  test.each([
    ["8.8.8.8", true],
    ["1.1.1.1", true],
    ["2606:4700::1111", true],
    ["127.0.0.1", false],
    ["10.1.2.3", false],
    ["172.16.0.1", false],
    ["172.32.0.1", true],
    ["192.168.1.1", false],
    ["169.254.169.254", false],
    ["100.64.0.1", false],
    ["0.0.0.0", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["::", false],
    ["::1", false],
    ["::ffff:8.8.8.8", false],
    ["::ffff:169.254.169.254", false],
    ["64:ff9b::7f00:1", false],
    ["fe80::1", false],
    ["fc00::1", false],
    ["fd00:ec2::254", false],
    ["ff02::1", false],
    ["2002:7f00:1::", false],
    ["2001:db8::1", false],
    ["no address", false],
  ])("%s: %s", (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });
});
