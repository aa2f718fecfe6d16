import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import WebSocket, { createWebSocketStream } from "ws";
import { haveCommand } from "../support/debian.ts";
import { Bench } from "./harness.ts";
import { everything, mqttUrl, newClientId } from "./mqtt-bench.ts";

/** Never silently: what this machine cannot do is said. */
const installed = haveCommand("mosquitto_sub", "mosquitto-clients");
if (!installed) console.warn("Not run: mosquitto's clients, because they are not installed.");

/** Mosquitto 2.0 speaks over TCP only: a port whose bytes go through a WebSocket each, unread. */
async function tunnel(url: string): Promise<number> {
  const server = createServer((socket) => {
    const webSocket = createWebSocketStream(new WebSocket(url, "mqtt"));
    socket.pipe(webSocket).pipe(socket);
    for (const [one, other] of [
      [socket, webSocket],
      [webSocket, socket],
    ] as const) {
      one.on("error", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The tunnel has no port.");
  return address.port;
}

function mosquitto(program: "mosquitto_sub" | "mosquitto_pub", port: number, args: readonly string[]): ChildProcess {
  const common = ["-h", "127.0.0.1", "-p", String(port), "-i", newClientId()];
  // Into a pipe it would print by blocks of kilobytes.
  const child = spawn("stdbuf", ["-oL", program, ...common, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  return child;
}

/** What a mosquitto_sub prints, line by line. */
class Output {
  readonly #lines: AsyncIterator<string>;

  constructor({ stdout }: ChildProcess) {
    if (stdout === null) throw new Error("There is no output.");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** The next line that matches. */
  async next(pattern: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`mosquitto_sub ended before it printed ${pattern}.`);
      if (pattern.test(value)) return value;
    }
  }
}

test.runIf(installed).each(["mqttv311", "mqttv5"])(
  "mosquitto's clients in %s: all qualities of service",
  async (version) => {
    const bench = await Bench.start();
    const port = await tunnel(await mqttUrl(bench));
    const json = await bench.plain({ ...everything, groups: ["room"] });
    const subscriber = mosquitto("mosquitto_sub", port, [
      "-V",
      version,
      "-d",
      "-q",
      "2",
      "-t",
      "room",
      "-F",
      "%q %t %p",
    ]);
    const output = new Output(subscriber);
    await output.next(/Subscribed/);
    for (const qos of ["0", "1", "2"]) {
      const args = ["-V", version, "-q", qos, "-t", "room", "-m", `hello ${qos}`];
      const [code] = await once(mosquitto("mosquitto_pub", port, args), "exit");
      expect(code).toBe(0);
      expect(await output.next(/^\d room/)).toBe(`${qos} room hello ${qos}`);
      expect(JSON.parse(await json.next())).toMatchObject({ type: "message", group: "room", dataType: "binary" });
    }
    json.send({ type: "sendToGroup", group: "room", dataType: "text", data: "from JSON" });
    expect(await output.next(/^\d room/)).toBe("1 room from JSON");
  },
);

test.runIf(installed)("mosquitto's clients: a will is published when its client is killed", async () => {
  const bench = await Bench.start();
  const port = await tunnel(await mqttUrl(bench));
  const json = await bench.plain({ groups: ["wills"] });
  const will = ["--will-topic", "wills", "--will-payload", "gone", "--will-qos", "1"];
  const client = mosquitto("mosquitto_sub", port, ["-V", "mqttv5", "-d", "-t", "room", ...will]);
  await new Output(client).next(/Subscribed/);
  client.kill("SIGKILL");
  expect(JSON.parse(await json.next())).toMatchObject({ group: "wills", dataType: "binary", data: btoa("gone") });
});
