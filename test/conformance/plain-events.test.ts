import { describe, expect, test } from "vitest";
import { type Answer, fine, HandlerServer, type Received } from "./handler-server.ts";
import { Bench, hubName } from "./harness.ts";
import { encodeAny, encodeUpstream } from "./protobuf-schema.ts";

/** A hub whose `message` events (those of plain clients) get these answers in turn. */
async function answering(...answers: readonly Answer[]): Promise<{ bench: Bench; server: HandlerServer }> {
  const rest = [...answers];
  const script = ({ headers }: Received) =>
    headers["ce-type"]?.toString().startsWith("azure.webpubsub.user.") ? (rest.shift() ?? fine) : fine;
  const server = await HandlerServer.start(script);
  return { bench: await Bench.start({ hubs: { [hubName]: server.hub() } }), server };
}

const answer = (contentType: string, body: string | Buffer): Answer => ({
  headers: { "content-type": contentType },
  body,
});

describe("plain clients and their event handler", () => {
  test("text goes as text/plain and bytes as octet-stream, both as the event 'message'", async () => {
    const { bench, server } = await answering();
    const client = await bench.dial(await bench.url({ userId: "ada" }), []);
    client.ws.send("grüezi");
    client.ws.send(Buffer.from([0, 255]));
    const [text, bytes] = await server.posted(2, "message");
    expect(text?.headers).toMatchObject({
      "ce-type": "azure.webpubsub.user.message",
      "ce-userid": "ada",
      "content-type": "text/plain; charset=utf-8",
    });
    expect(text?.headers).not.toHaveProperty("ce-subprotocol");
    expect(text?.body.toString("utf8")).toBe("grüezi");
    expect(bytes?.headers["content-type"]).toBe("application/octet-stream");
    expect(bytes?.body).toEqual(Buffer.from([0, 255]));
  });

  test("replies are frames: text and JSON exactly as answered, the rest binary, nothing for an empty one", async () => {
    const { bench } = await answering(
      answer("text/plain", "tëxt"),
      answer("application/json", '{ "a": 1 }'),
      fine,
      answer("application/octet-stream", Buffer.from([0, 255])),
      { body: Buffer.from([1]) },
      { headers: { "x-webpubsub-metadata-k": "v" } },
      answer("text/plain", "end"),
    );
    const client = await bench.dial(await bench.url(), []);
    for (let i = 0; i < 7; i++) client.ws.send(String(i));
    const frames: string[] = [];
    while (frames.at(-1) !== "end") frames.push(await client.next());
    expect(frames).toEqual(["tëxt", '{ "a": 1 }', "binary 00ff", "binary 01", "", "end"]);
  });

  test("the connect handler picks a subprotocol of the client's own: a plain client that speaks it", async () => {
    const server = await HandlerServer.start(({ headers }) =>
      headers["ce-eventname"] === "connect" ? answer("application/json", '{"subprotocol":"my.chat"}') : fine,
    );
    const bench = await Bench.start({ hubs: { [hubName]: server.hub() } });
    const client = await bench.dial(await bench.url(), ["other", "my.chat"]);
    expect(client.ws.protocol).toBe("my.chat");
    client.ws.send("hi");
    const [event] = await server.posted(1, "message");
    expect(event?.headers["ce-subprotocol"]).toBe("my.chat");
    await bench.admin.sendToAll("hello", { contentType: "text/plain" });
    expect(await client.next()).toBe("hello");
  });

  test("sendToGroup mode asks no handler", async () => {
    const { bench, server } = await answering();
    const url = await bench.url({ roles: ["webpubsub.sendToGroup"], groups: ["g"] });
    const client = await bench.dial(`${url}&webpubsub_mode=sendToGroup&group=g`, []);
    client.ws.send("hi");
    expect(await client.next()).toBe("hi");
    expect(server.posts.map(({ headers }) => headers["ce-eventname"])).not.toContain("message");
  });
});

test("a protobuf client's Any reaches its handler as application/x-protobuf, JSON and text as themselves", async () => {
  const { bench, server } = await answering();
  const client = await bench.dial(await bench.url(), "protobuf.webpubsub.azure.v1");
  const any = { typeUrl: "t", value: Buffer.from([1, 2]) };
  for (const data of [{ protobufData: any }, { jsonData: '{ "a": 1 }' }, { textData: "ü" }]) {
    client.ws.send(encodeUpstream({ eventMessage: { event: "e", data, metadata: { Trace: "7" } } }));
  }
  const events = await server.posted(3, "e");
  expect(events.map(({ headers, body }) => [headers["content-type"], body])).toEqual([
    ["application/x-protobuf", encodeAny(any)],
    ["application/json; charset=utf-8", Buffer.from('{ "a": 1 }')],
    ["text/plain; charset=utf-8", Buffer.from("ü")],
  ]);
  expect(events[0]?.headers["x-webpubsub-metadata-trace"]).toBe("7");
});
