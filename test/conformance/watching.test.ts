import { request } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { startService } from "webpubsub-local";
import { Bench, hubName, jsonName, reliableName } from "./harness.ts";

const all = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

interface Overview {
  readonly connections: number;
  readonly groups: number;
  readonly faultRules: number;
  readonly totals: { readonly messagesOut: number; readonly unitsSummed: number; readonly unitsRounded: number };
  readonly hubs: readonly {
    readonly name: string;
    readonly connections: readonly { readonly id: string; readonly userId?: string; readonly groups: number }[];
    readonly groups: readonly { readonly name: string; readonly size: number; readonly members: readonly string[] }[];
  }[];
}

interface Frames {
  readonly lines: readonly { readonly direction: string; readonly connectionId: string; readonly text?: string }[];
  readonly skipped: number;
}

/** The live stream as a page gets it, one event after the other. */
class Watch {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  private constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  static async open(endpoint: string, filter = ""): Promise<Watch> {
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const response = await fetch(`${endpoint}/live?filter=${encodeURIComponent(filter)}`, { signal: stop.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.getReader();
    if (reader === undefined) throw new Error("The stream has no body.");
    return new Watch(reader);
  }

  async overview(fits: (overview: Overview) => boolean = () => true): Promise<Overview> {
    for (;;) {
      const { name, data } = await this.#next();
      if (name === "overview" && fits(data as Overview)) return data as Overview;
    }
  }

  async frames(): Promise<Frames> {
    for (;;) {
      const { name, data } = await this.#next();
      if (name === "frames") return data as Frames;
    }
  }

  async #next(): Promise<{ readonly name: string; readonly data: unknown }> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end !== -1) {
        const [, name = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(this.#text.slice(0, end)) ?? [];
        this.#text = this.#text.slice(end + 2);
        return { name, data: JSON.parse(data) };
      }
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("The stream has ended.");
      this.#text += Buffer.from(value).toString("utf8");
    }
  }
}

/** The samples of a Prometheus text, without its comments. */
async function metrics(endpoint: string): Promise<Map<string, number>> {
  const response = await fetch(`${endpoint}/metrics`);
  expect(response.headers.get("content-type")).toContain("version=0.0.4");
  const samples = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    samples.map((line) => {
      const [, name = "", value = ""] = /^([a-z_]+(?:\{[a-z]+="[^"]*"\})?) (-?[0-9.e+-]+)$/.exec(line) ?? [];
      expect([line, name]).not.toContain("");
      return [name, Number(value)];
    }),
  );
}

describe("the page", () => {
  test("its files are there, ask nobody else, and allow nothing inline", async () => {
    const bench = await Bench.start();
    for (const [path, type] of [
      ["/", "text/html"],
      ["/page.css", "text/css"],
      ["/page.js", "text/javascript"],
    ] as const) {
      const response = await fetch(`${bench.service.endpoint}${path}`);
      expect(response.headers.get("content-type")).toContain(type);
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
      const text = await response.text();
      expect(text).not.toMatch(/https?:|\/\/[a-z]|innerHTML|<script>|<style>| style=| on[a-z]+="/i);
    }
  });

  test("the overview: connections, users, groups with members, and both ways to count units", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ userId: "ada", groups: ["g", "h"] });
    const bob = await bench.plain({ userId: "bob", groups: ["g"] }, reliableName);
    const watch = await Watch.open(bench.service.endpoint);
    const before = await watch.overview();
    expect(before).toMatchObject({ connections: 2, groups: 2, faultRules: 0 });
    expect(before.hubs[0]).toMatchObject({ name: hubName.toLowerCase() });
    expect(before.hubs[0]?.connections).toEqual([
      expect.objectContaining({ id: ada.id, userId: "ada", groups: 2, subprotocol: jsonName }),
      expect.objectContaining({ id: bob.id, userId: "bob", groups: 1, unacked: 0 }),
    ]);
    expect(before.hubs[0]?.groups).toEqual([
      { name: "g", size: 2, members: ["ada", "bob"] },
      { name: "h", size: 1, members: ["ada"] },
    ]);
    const { server } = bench.service.hub(hubName);
    for (let i = 0; i < 10; i++) server.sendToConnection(ada.id, { dataType: "text", literal: '"x"' });
    server.sendToConnection(ada.id, { dataType: "text", literal: `"${"x".repeat(3_000)}"` });
    const after = await watch.overview(({ totals }) => totals.messagesOut === before.totals.messagesOut + 11);
    // Ten small messages are a fraction of a unit by their bytes and ten units each rounded up; the large one is two.
    expect(after.totals.unitsRounded - before.totals.unitsRounded).toBe(12);
    const small = '{"type":"message","from":"server","dataType":"text","data":"x"}'.length;
    const bytes = 10 * small + small + 2_999;
    expect(after.totals.unitsSummed - before.totals.unitsSummed).toBeCloseTo(bytes / 2_048, 1);
  });

  test("the tail: frames both ways, by filter, cut at 2 KB, never with a reconnection token", async () => {
    const bench = await Bench.start();
    const watch = await Watch.open(bench.service.endpoint, "Needle");
    await watch.overview();
    const system = await Watch.open(bench.service.endpoint, "reconnectionToken");
    await system.overview();
    const ada = await bench.plain({ userId: "ada", roles: all, groups: ["g"] }, reliableName);
    ada.send({ type: "sendToGroup", group: "g", dataType: "text", data: "hay" });
    ada.send({ type: "sendToGroup", group: "g", dataType: "text", data: `needle ${"x".repeat(5_000)}` });
    const { lines } = await watch.frames();
    expect(lines.map(({ direction, connectionId }) => [direction, connectionId])).toEqual([
      ["in", ada.id],
      ["out", ada.id],
    ]);
    for (const { text = "" } of lines) {
      expect(text).toContain("needle");
      expect(text).toMatch(/… \(\d+ bytes\)$/);
      expect(text.length).toBeLessThan(2_100);
    }
    const shown = JSON.stringify(await system.frames());
    expect(shown).toContain(ada.id);
    expect(shown).not.toContain(ada.connected.reconnectionToken);
  });

  test("more frames than anybody can read are counted, not kept", async () => {
    const bench = await Bench.start();
    const ada = await bench.plain({ groups: ["g"] });
    const watch = await Watch.open(bench.service.endpoint);
    await watch.overview();
    const { server } = bench.service.hub(hubName);
    for (let i = 0; i < 900; i++) server.sendToGroup("g", { dataType: "text", literal: `"${i}"` });
    for (let i = 0; i < 900; i++) await ada.next();
    const { lines, skipped } = await watch.frames();
    expect(lines.length).toBe(200);
    expect(lines.length + skipped).toBeLessThanOrEqual(900);
    expect(skipped).toBeGreaterThan(0);
  });

  test("there is a bound for viewers and for the filter", async () => {
    const bench = await Bench.start();
    for (let i = 0; i < 8; i++) await (await Watch.open(bench.service.endpoint)).overview();
    expect((await fetch(`${bench.service.endpoint}/live`)).status).toBe(503);
    expect((await fetch(`${bench.service.endpoint}/live?filter=${"x".repeat(201)}`)).status).toBe(400);
  });

  test("only this machine sees it, under its own name", async () => {
    const bench = await Bench.start({ faults: true });
    const status = (path: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const { port } = bench.service;
        request({ host: "127.0.0.1", port, path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
          .on("error", reject)
          .end();
      });
    for (const path of ["/", "/page.js", "/live", "/faults"]) {
      expect(await status(path, { host: "evil.example:8080" })).toBe(403);
      expect(await status(path, { "x-forwarded-for": "203.0.113.1" })).toBe(403);
    }
    for (const host of ["localhost", "LOCALHOST:80", "[::1]:8080", "127.0.0.1"]) {
      expect(await status("/", { host })).toBe(200);
    }
  });

  test("a service that others reach shows no payloads, not even at home", async () => {
    const service = await startService({ port: 0, host: "0.0.0.0" });
    onTestFinished(() => service.close());
    const watch = await Watch.open(`http://127.0.0.1:${service.port}`);
    await watch.overview();
    const frames = watch.frames();
    const { WebPubSubServiceClient } = await import("@azure/web-pubsub");
    const admin = new WebPubSubServiceClient(service.connectionString, "chat", { allowInsecureConnection: true });
    const { WebPubSubClient } = await import("@azure/web-pubsub-client");
    const client = new WebPubSubClient((await admin.getClientAccessToken()).url);
    onTestFinished(() => client.stop());
    await client.start();
    const { lines } = await frames;
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ text }) => text !== undefined)).toEqual([]);
  });
});

describe("metrics", () => {
  test("count what happened", async () => {
    const bench = await Bench.start({ limits: { heldFramesMax: 20, gateBytes: 1_024 } });
    const ada = await bench.plain({ roles: all, groups: ["g"] });
    const bob = await bench.plain({ groups: ["g"] }, reliableName);
    const before = await metrics(bench.service.endpoint);
    ada.send({ type: "sendToGroup", group: "g", ackId: 1, dataType: "text", data: "x" });
    await ada.next();
    await ada.next();
    await bob.next();
    await bench.rest("POST", `/api/hubs/${hubName}/:send`, { body: "x" });
    await bench.rest("POST", `/api/hubs/${hubName}/:nothing`, { body: "x" });
    const url = `${bench.service.endpoint.replace("http", "ws")}/client/hubs/${hubName}`;
    const query = `?awps_connection_id=${bob.id}&awps_reconnection_token=${bob.connected.reconnectionToken}`;
    await bench.dial(url + query, reliableName);
    await bench.logged((line) => line.type === "recovered");
    await (await bench.dial(`${url}?awps_connection_id=x`, reliableName)).closed;
    await bench.refusal(url);
    bench.service.faults.add({ connectionId: ada.id, fault: { type: "slow", bytesPerSecond: 0 } });
    const { server } = bench.service.hub(hubName);
    for (let i = 0; i < 100 && server.hasConnection(ada.id); i++) {
      server.sendToConnection(ada.id, { dataType: "text", literal: `"${"x".repeat(100)}"` });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const after = await metrics(bench.service.endpoint);
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(before.get("webpubsub_connections")).toBe(2);
    expect(after.get("webpubsub_connections")).toBe(1);
    expect(after.get("webpubsub_groups")).toBe(1);
    expect(grown("webpubsub_messages_in_total")).toBe(1);
    expect(grown("webpubsub_messages_out_total")).toBeGreaterThanOrEqual(3 + 2);
    expect(grown("webpubsub_bytes_out_total")).toBeGreaterThan(200);
    expect(grown("webpubsub_acks_total")).toBe(1);
    expect(grown("webpubsub_recoveries_total")).toBe(1);
    expect(grown("webpubsub_recoveries_refused_total")).toBe(1);
    expect(grown("webpubsub_upgrades_refused_total")).toBe(1);
    expect(grown("webpubsub_slow_clients_total")).toBe(1);
    expect(after.get('webpubsub_rest_requests_total{status="202"}')).toBe(1);
    expect(after.get('webpubsub_rest_requests_total{status="404"}')).toBe(1);
    expect(after.get('webpubsub_event_loop_lag_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
  });

  test("show no name of anybody", async () => {
    const bench = await Bench.start();
    await bench.plain({ userId: "canary-user", groups: ["canary-group"] });
    const text = await (await fetch(`${bench.service.endpoint}/metrics`)).text();
    expect(text).not.toMatch(/canary|collab/i);
    expect((await fetch(`${bench.service.endpoint}/metrics`, { method: "POST" })).status).toBe(405);
  });
});
