import { generate, type Packet } from "mqtt-packet";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Bench, hubName } from "./harness.ts";
import { MqttMember, mqttUrl } from "./mqtt-bench.ts";
import { Chance, mutate } from "./mutate.ts";

/** Set SEED for other packets, FUZZ_PACKETS for more of them. */
const seed = Number(process.env["SEED"] ?? 20261121);
const packetsMax = Number(process.env["FUZZ_PACKETS"] ?? 3_000);

const userProperties = { a: "b", constructor: "c" };
const corpus: readonly Packet[] = [
  {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clientId: "fuzz",
    clean: true,
    keepalive: 60,
    username: "u",
    password: Buffer.from("p"),
    will: { topic: "t", payload: Buffer.from("w"), qos: 1, retain: false, properties: { willDelayInterval: 1 } },
    properties: { sessionExpiryInterval: 5, receiveMaximum: 3, userProperties },
  },
  {
    cmd: "publish",
    topic: "t",
    payload: "x",
    qos: 0,
    dup: false,
    retain: false,
    properties: { contentType: "text/plain" },
  },
  {
    cmd: "publish",
    topic: "$webpubsub/server/events/e",
    payload: "{}",
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
    properties: { contentType: "application/json", correlationData: Buffer.from([1]), userProperties },
  },
  { cmd: "publish", topic: "t", payload: "x", qos: 2, messageId: 2, dup: false, retain: false },
  { cmd: "pubrel", messageId: 2 },
  { cmd: "puback", messageId: 1, reasonCode: 0 },
  { cmd: "pubrec", messageId: 1, reasonCode: 0 },
  { cmd: "pubcomp", messageId: 1, reasonCode: 0 },
  {
    cmd: "subscribe",
    messageId: 3,
    subscriptions: [{ topic: "t", qos: 2, nl: false, rap: false, rh: 0 }],
    properties: { subscriptionIdentifier: 1 },
  },
  { cmd: "unsubscribe", messageId: 4, unsubscriptions: ["t"] },
  { cmd: "pingreq" },
  { cmd: "disconnect", reasonCode: 0, properties: { sessionExpiryInterval: 0 } },
  { cmd: "auth", reasonCode: 0 },
];

const packets = corpus.map((packet) => generate(packet, { protocolVersion: 5 }));
/** As MQTT 3.1.1 writes them, which has no AUTH. */
const older = corpus.filter(({ cmd }) => cmd !== "auth").map((packet) => generate(packet, { protocolVersion: 4 }));

/** One transport after the other: whenever the service has enough of one, the next one comes. */
class Attacker {
  readonly #url: string;
  #ws: WebSocket | undefined;

  constructor(url: string) {
    this.#url = url;
    onTestFinished(() => this.#ws?.terminate());
  }

  /** A transport that is open; `greeted`: its CONNECT is sent. */
  async open(greeted: boolean): Promise<WebSocket> {
    if (this.#ws?.readyState === WebSocket.OPEN) return this.#ws;
    const ws = new WebSocket(this.#url, "mqtt");
    ws.on("error", () => undefined);
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    const [hello] = corpus;
    if (greeted && hello !== undefined) ws.send(generate(hello, { protocolVersion: 5 }));
    this.#ws = ws;
    return ws;
  }
}

test(`whatever an MQTT client sends, the service and its other clients go on (SEED=${seed})`, async () => {
  const bench = await Bench.start({ limits: { recoveryMs: 1_000, messageBytesMax: 64 * 1024 } });
  const chance = new Chance(seed);
  const attacker = new Attacker(await mqttUrl(bench));
  const witness = await MqttMember.connect(bench);
  await witness.client.subscribeAsync("witness", { qos: 1 });
  for (let at = 0; at < packetsMax; at++) {
    const greeted = chance.below(8) > 0;
    const ws = await attacker.open(greeted);
    const bytes = mutate(chance, chance.below(4) === 0 ? older : packets);
    const cut = chance.below(bytes.length + 1);
    ws.send(bytes.subarray(0, cut));
    ws.send(bytes.subarray(cut));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await witness.client.publishAsync("witness", "still here", { qos: 1 });
  await witness.received(1);
  expect(witness.texts.at(-1)).toBe("still here");
  const hub = bench.service.hub(hubName);
  expect(hub.connections.size).toBeLessThan(packetsMax / 4);
}, 60_000);
