import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startChild } from "../support/child.ts";
import { Member } from "../support/member.ts";
import { accessKey, Servers } from "../support/servers.ts";

const kind = "azure.webpubsub.sys.disconnected";

/** The service's events arrive at the server: presence fades at once, and nobody else can make it fade. */
describe("events of the service", () => {
  let servers: Servers;
  beforeEach(async () => {
    servers = await Servers.start(2);
  });
  afterEach(() => servers.close());

  const names = (member: Member) =>
    [...member.provider.awareness.getStates().values()].flatMap((state) => state["name"] ?? []);

  test("PR3 the presence of a killed process fades when the service says so, whichever server hears of it", async () => {
    // The process negotiates with the second server; the events go to the first.
    const bob = new Member(servers.at(0).url, "leaving", "bob");
    await bob.synced();
    const child = await startChild("test/support/leaver.ts", {
      args: [servers.at(1).url, "stays"],
      ready: /synced/,
    });
    await changed(bob, () => names(bob).includes("Ada"));
    await child.kill("SIGKILL");
    const killedAt = performance.now();
    await changed(bob, () => !names(bob).includes("Ada"));
    console.log(`faded after ${Math.round(performance.now() - killedAt)} ms`);
    expect(servers.at(0).collab.stats().counts["events-disconnected"]).toBe(1);
    bob.provider.destroy();
  });

  test("PR3 a session that is on another connection by then is not said to be gone", async () => {
    const bob = new Member(servers.at(0).url, "room", "bob");
    const ada = new Member(servers.at(1).url, "room", "ada", { protocol: "json" });
    await Promise.all([bob.synced(), ada.synced()]);
    ada.provider.awareness.setLocalStateField("name", "Ada");
    await changed(bob, () => names(bob).includes("Ada"));
    const sub = [...servers.service.hub("collab").connections.values()]
      .map(({ identity }) => identity.userId ?? "")
      .find((userId) => userId.endsWith(".ada"));
    const answer = await post(servers.at(0).url, { sub: sub ?? "" });
    expect(answer.status).toBe(204);
    expect(servers.at(0).collab.stats().counts["events-overtaken"]).toBe(1);
    expect(names(bob)).toEqual(["Ada"]);
    bob.provider.destroy();
    ada.provider.destroy();
  });

  test.each([
    ["no signature", { signature: "" }],
    ["a signature with another key", { signature: signed("c1", "another key of at least thirty-two bytes") }],
    ["the signature of another connection", { signature: signed("c2", accessKey) }],
    ["no connection", { connectionId: "" }],
    ["another hub", { hub: "other" }],
    ["a user event", { type: "azure.webpubsub.user.message" }],
    ["an unknown event", { type: "azure.webpubsub.sys.exploded" }],
  ])("webhook spoofing: %s is refused", async (_name, changes) => {
    const answer = await post(servers.at(0).url, { sub: "AAAAAAAAAAAAAAAA.ada", ...changes });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "event-refused" });
  });

  test("webhook spoofing: either of the two keys is believed, and an unknown session is nothing", async () => {
    const secondary = "a second key of at least thirty-two bytes";
    await servers.close();
    servers = await Servers.start(1, { secondaryAccessKey: secondary });
    for (const key of [accessKey, secondary]) {
      const both = `${signed("c1", "yet another key of thirty-two bytes!!")},${signed("c1", key)}`;
      expect((await post(servers.at(0).url, { sub: "AAAAAAAAAAAAAAAA.ada", signature: both })).status).toBe(204);
    }
    for (const sub of ["", "x", "ada", ".".repeat(500), "AAAAAAAAAAAAAAAA."]) {
      expect((await post(servers.at(0).url, { sub })).status).toBe(204);
    }
  });

  test("the handshake is answered, and a body over the limit is not read", async () => {
    const url = `${servers.at(0).url}/events`;
    const handshake = await fetch(url, { method: "OPTIONS", headers: { "webhook-request-origin": "service.example" } });
    expect([handshake.status, handshake.headers.get("webhook-allowed-origin")]).toEqual([200, "*"]);
    expect((await post(servers.at(0).url, { body: "x".repeat(100_000) })).status).toBe(413);
    expect((await fetch(url)).status).toBe(405);
  });
});

interface Event {
  readonly connectionId?: string;
  readonly signature?: string;
  readonly sub?: string;
  readonly hub?: string;
  readonly type?: string;
  readonly body?: string;
}

function post(url: string, event: Event): Promise<Response> {
  const { connectionId = "c1", signature = signed("c1", accessKey), sub = "", hub = "collab", type = kind } = event;
  return fetch(`${url}/events`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "ce-type": type,
      "ce-hub": hub,
      "ce-connectionid": connectionId,
      "ce-userid": sub,
      ...(signature !== "" && { "ce-signature": signature }),
    },
    body: event.body ?? "{}",
  });
}

function signed(connectionId: string, key: string): string {
  return `sha256=${createHmac("sha256", key).update(connectionId).digest("hex")}`;
}

function changed(member: Member, check: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const { awareness } = member.provider;
    const look = (): void => {
      if (!check()) return;
      awareness.off("change", look);
      resolve();
    };
    awareness.on("change", look);
    look();
  });
}
