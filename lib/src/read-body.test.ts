import { once } from "node:events";
import { request as ask, type ClientRequest, createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { defaultLimits, type ServerLimits } from "./limits.ts";
import { Problem } from "./problems.ts";
import { BodyReader } from "./read-body.ts";

describe("BodyReader", () => {
  let http: Server | null = null;
  afterEach(async () => {
    http?.closeAllConnections();
    await new Promise((resolve) => http?.close(resolve));
  });

  /** Answers the body's length, or the code of the problem. `seen` gets one for each request. */
  async function serve(
    limits: Partial<ServerLimits>,
    bytesMax: number,
    seen: (outcome: string) => void = () => undefined,
  ) {
    const bodies = new BodyReader({ ...defaultLimits, ...limits });
    const app = express().use(async (request, response) => {
      const outcome = await bodies.read(request, bytesMax).then(
        (body) => `${body.length} bytes`,
        (error: unknown) => (error instanceof Problem ? error.code : String(error)),
      );
      seen(outcome);
      response.set("Connection", "close").send(outcome);
    });
    http = createServer(app);
    await new Promise<void>((resolve) => http?.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    /** A body whose length is not told beforehand. */
    return (): ClientRequest =>
      ask({ port, host: "127.0.0.1", method: "POST", headers: { "transfer-encoding": "chunked" } });
  }

  async function outcomeOf(request: ClientRequest): Promise<string> {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of response) text += String(part);
    return text;
  }

  test("reads up to the limit, and refuses one byte more without waiting for the rest", async () => {
    const open = await serve({}, 1_000);
    const whole = open();
    whole.end(Buffer.alloc(1_000));
    expect(await outcomeOf(whole)).toBe("1000 bytes");
    const endless = open();
    endless.on("error", () => undefined);
    endless.write(Buffer.alloc(1_001));
    expect(await outcomeOf(endless)).toBe("body-too-large");
  });

  test("a body that does not come is refused at the deadline", async () => {
    const open = await serve({ bodyMs: 30 }, 1_000);
    const late = open();
    late.on("error", () => undefined);
    late.write(Buffer.alloc(10));
    expect(await outcomeOf(late)).toBe("body-late");
  });

  test("a body that ends early is a problem, and frees what it held", async () => {
    const outcomes: string[] = [];
    let told: () => void = () => undefined;
    const next = () =>
      new Promise<void>((resolve) => {
        told = resolve;
      });
    const open = await serve({ receivingBytes: 1_500 }, 1_000, (outcome) => {
      outcomes.push(outcome);
      told();
    });
    for (let round = 0; round < 3; round++) {
      const cut = open();
      cut.on("error", () => undefined);
      const waiting = next();
      cut.write(Buffer.alloc(900), () => setImmediate(() => cut.destroy()));
      await waiting;
    }
    expect(outcomes).toEqual(["body-invalid", "body-invalid", "body-invalid"]);
    const whole = open();
    whole.end(Buffer.alloc(900));
    expect(await outcomeOf(whole)).toBe("900 bytes");
  });

  test("bodies received at one time are bounded together", async () => {
    const open = await serve({ receivingBytes: 1_500 }, 1_000);
    const [one, two] = [open(), open()];
    const both = Promise.all([outcomeOf(one), outcomeOf(two)]);
    two.on("error", () => undefined);
    one.on("error", () => undefined);
    one.write(Buffer.alloc(900));
    two.write(Buffer.alloc(900));
    const first = await Promise.race([once(one, "response").then(() => one), once(two, "response").then(() => two)]);
    (first === one ? two : one).end(Buffer.alloc(10));
    expect((await both).sort()).toEqual(["910 bytes", "too-busy"]);
  });
});
