import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CollabServerOptions } from "y-webpubsub-server";
import { MemoryStore } from "y-webpubsub-server/storage/memory";
import { Asking, ada, card, codeOf, statusesOf } from "../support/asking.ts";
import { Member } from "../support/member.ts";
import { Servers } from "../support/servers.ts";

/** Attacks of the threat model by numbers: floods and exhaustion. */
describe("floods", () => {
  let servers: Servers;
  beforeEach(async () => {
    servers = await Servers.start(1);
  });
  afterEach(() => servers.close());

  async function startAgain(options: Partial<CollabServerOptions>): Promise<void> {
    await servers.close();
    servers = await Servers.start(1, options);
  }
  const asking = new Asking(() => servers.at(0).url);

  test("negotiate flooding: 429 with Retry-After for the one who floods, nobody else is hurt, and time heals", async () => {
    await startAgain({ rates: { negotiate: { burst: 5, perSecond: 0.2 } } });
    const statuses = [];
    for (let at = 0; at < 8; at++) statuses.push((await asking.negotiate(card)).status);
    expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
    expect(statuses).toContain(429);
    const refused = await asking.negotiate(card);
    const bob = await asking.negotiate({ ...card, session: "BBBBBBBBBBBBBBBB" }, { "x-user": "bob" });
    expect([refused.status, bob.status]).toEqual([429, 200]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ code: "too-many-requests" });
    // A provider that is told to wait comes in by itself.
    const member = new Member(servers.at(0).url, "d", "ada");
    await member.synced();
    member.provider.destroy();
  });

  test("negotiate flooding: an address that is refused again and again is not looked at any more", async () => {
    let asked = 0;
    await startAgain({
      rates: { refused: { burst: 10, perSecond: 0.001 } },
      authorize: () => {
        asked += 1;
        return null;
      },
    });
    const statuses = [];
    for (let at = 0; at < 20; at++) statuses.push((await asking.negotiate(card)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 403), ...Array.from({ length: 10 }, () => 429)]);
    expect(asked).toBe(10);
  });

  test("negotiate flooding: what a client writes into X-Forwarded-For makes it nobody else", async () => {
    await startAgain({ rates: { address: { burst: 5, perSecond: 0.001 } } });
    const statuses = [];
    for (let at = 0; at < 8; at++) {
      statuses.push((await asking.get("/head", {}, { ...ada, "x-forwarded-for": `10.0.0.${at}` })).status);
    }
    expect(statuses.slice(5)).toEqual([429, 429, 429]);
    // Health is asked by machines that must not be turned away.
    expect((await asking.get("/health/ready")).status).toBe(200);
  });

  test("resource exhaustion: each quota takes the last and refuses the next", async () => {
    await startAgain({ rates: { upload: { burst: 3, perSecond: 0.001 } } });
    expect(await statusesOf([1, 2, 3, 4].map((number) => () => asking.upload("x", number)))).toEqual([
      200, 200, 200, 429,
    ]);
    await startAgain({ rates: { read: { burst: 2, perSecond: 0.001 } } });
    const read = () => asking.get("/log", { document: "d", generation: "1", after: "" });
    expect(await statusesOf([read, read, read])).toEqual([200, 200, 429]);
    await startAgain({ rates: { document: { burst: 2, perSecond: 0.001 } } });
    const other = { "x-user": "bob" };
    expect(
      await statusesOf([
        () => asking.upload("x", 1),
        () => asking.upload("x", 2),
        () => asking.upload("x", 3, "d", other),
        () => asking.upload("x", 4, "e"),
      ]),
    ).toEqual([200, 200, 429, 200]);
    await startAgain({ rates: { uploadBytes: { burst: 1_000, perSecond: 0.001 } } });
    expect(
      await statusesOf([() => asking.upload("x".repeat(900), 1), () => asking.upload("x".repeat(900), 2)]),
    ).toEqual([200, 429]);
    await startAgain({ limits: { documentBytes: 3_000 }, storage: new MemoryStore() });
    const big = "x".repeat(1_400);
    expect(await statusesOf([1, 2, 3].map((number) => () => asking.upload(big, number)))).toEqual([200, 200, 507]);
    expect(await codeOf(asking.upload(big, 4))).toEqual([507, "document-full"]);
    expect((await asking.upload(big, 5, "another")).status).toBe(200);
  });
});
