import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LogLine, type Service, startService } from "webpubsub-local";
import { jsonName, sign } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { type Case, cases } from "./websocket-cases.ts";
import { text } from "./websocket-frames.ts";

const accessKey = "conformance-key-conformance-key-0001";
const lines: LogLine[] = [];
let service: Service;
let bystander: RawClient;

beforeAll(async () => {
  service = await startService({ port: 0, accessKey, log: (line) => lines.push(line) });
  bystander = await client();
});

afterAll(() => service.close());

async function client(): Promise<RawClient> {
  const aud = `${service.endpoint}/client/hubs/raw`;
  const token = sign({ aud, exp: Math.floor(Date.now() / 1000) + 60 });
  const raw = await RawClient.open(`${aud}?access_token=${token}`, jsonName);
  expect(await raw.next()).toMatchObject({ type: "text", payload: expect.anything() });
  return raw;
}

/** The answer of a living connection comes after everything that was said before. */
async function answers(raw: RawClient): Promise<{ pongs: number; echoes: number }> {
  raw.socket.write(text('{"type":"joinGroup","group":"last","ackId":1}'));
  const counted = { pongs: 0, echoes: 0 };
  for (;;) {
    const heard = await raw.next();
    if (heard.type === "pong") counted.echoes += 1;
    else if (heard.type !== "text") throw new Error(`The connection did not live on: ${JSON.stringify(heard)}`);
    else if (heard.payload.includes('"ackId":1')) return counted;
    else if (heard.payload.equals(Buffer.from('{"type":"pong"}'))) counted.pongs += 1;
  }
}

async function closing(raw: RawClient): Promise<number | undefined | "no close frame"> {
  for (;;) {
    const heard = await raw.next();
    if (heard.type === "close") return heard.code;
    if (heard.type === "end") return "no close frame";
  }
}

async function write(raw: RawClient, { bytes, piece = bytes.length }: Case): Promise<void> {
  for (let at = 0; at < bytes.length; at += piece) {
    const part = bytes.subarray(at, at + piece);
    if (piece === bytes.length) raw.socket.write(part);
    else await new Promise((resolve) => raw.socket.write(part, () => setImmediate(resolve)));
  }
}

test("there are 250 cases and more, each of its own name", () => {
  expect(cases.length).toBeGreaterThanOrEqual(250);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

describe("what a WebSocket client may write", () => {
  test.each(cases)("$name", async (one) => {
    const raw = await client();
    try {
      await write(raw, one);
      if ("close" in one.outcome) {
        expect(await closing(raw)).toBe(one.outcome.close);
      } else {
        const { pongs, echoes } = one.outcome;
        expect(await answers(raw)).toEqual({ pongs, echoes });
      }
    } finally {
      raw.socket.destroy();
    }
  });
});

test("after all of them the service is well, and so is the one who stood by", async () => {
  const aud = `${service.endpoint}/api/health`;
  expect((await fetch(aud, { method: "HEAD" })).status).toBe(200);
  expect(await answers(bystander)).toEqual({ pongs: 0, echoes: 0 });
  expect(lines.filter((line) => line.type === "fault")).toEqual([]);
  const connected = lines.filter((line) => line.type === "connected").length;
  expect(connected).toBe(cases.length + 1);
  bystander.socket.destroy();
});
