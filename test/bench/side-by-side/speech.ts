import { createHmac } from "node:crypto";
import { encodeFrame, makeSessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { type Address, type Client, maskedFrame } from "../service/client.ts";
import { sequenceAckFrame } from "../service/speech.ts";

/** What raw clients speak: with our service over either subprotocol, with a peer's server, or with a relay. */
export type Language = "ours, JSON" | "ours, protobuf" | "y-websocket" | "Hocuspocus" | "shared-frame" | "batched";

export interface Place {
  readonly language: Language;
  readonly port: number;
  /** Of our service. */
  readonly accessKey: string;
  readonly room: string;
}

/** How one author says an edit, and what a frame that arrives holds. */
export interface Speech {
  /** The edit with this number, from 1 on: whole frames. */
  say(update: Uint8Array, number: number): Buffer;
  /** Edits of others in a frame: some servers send one's own back. */
  count(frame: Buffer): number;
  /** To be sent when so many frames have come. */
  acknowledge(received: number): Buffer | null;
}

/** As the official client does. */
const messagesPerAck = 300;
const binary = 0x82;
const messageType = '"type":"message"';

export function addressOf({ language, port, accessKey, room }: Place): Address {
  if (language === "ours, JSON" || language === "ours, protobuf") {
    const path = "/client/hubs/collab";
    const token = accessToken(accessKey, `http://127.0.0.1:${port}${path}`, room);
    const subprotocol = `${language === "ours, JSON" ? "json" : "protobuf"}.reliable.webpubsub.azure.v1`;
    return { port, path: `${path}?access_token=${token}`, subprotocol };
  }
  return { port, path: language === "Hocuspocus" ? "/" : `/${room}` };
}

/** What a client says and hears before it is in the room. */
export async function enter(client: Client, { language, room }: Place): Promise<void> {
  if (language === "shared-frame" || language === "batched") return;
  // Hocuspocus: name, message type 2 (authentication), subtype 0 (token), the token.
  if (language === "Hocuspocus")
    client.write(maskedFrame(Buffer.from([...name(room), 2, 0, ...name("token")]), binary));
  await client.expect(1);
}

/** `author`: the client id that the edits are under. */
export function speechOf({ language, room }: Place, author: number): Speech {
  switch (language) {
    case "ours, JSON":
    case "ours, protobuf":
      return ourSpeech(language, room);
    case "y-websocket":
    case "shared-frame":
    case "batched":
      return {
        // Message type 0 (sync), subtype 2 (update).
        say: (update) => maskedFrame(Buffer.from([0, 2, update.length, ...update]), binary),
        // Then its length, one client, one struct, and the client.
        count: (frame) => (frame[0] === 0 && frame[1] === 2 && readVarint(frame, 5) !== author ? 1 : 0),
        acknowledge: () => null,
      };
    case "Hocuspocus":
      return hocuspocusSpeech(room, author);
    default:
      throw new Error(`There is no language '${String(language satisfies never)}'.`);
  }
}

function ourSpeech(language: "ours, JSON" | "ours, protobuf", group: string): Speech {
  const session = makeSessionId({ next: Math.random });
  const isJson = language === "ours, JSON";
  return {
    say(update, number) {
      const awareness = new Uint8Array();
      const frame = encodeFrame({ kind: "edit", session, seqFrom: number, seqTo: number, update, awareness });
      if (!isJson) {
        // UpstreamMessage.send_to_group_message { group, data { binary_data }, no_echo }
        return maskedFrame(field(1, field(1, group), field(3, field(2, frame)), Buffer.from([0x20, 1])), binary);
      }
      const data = Buffer.from(frame).toString("base64");
      return maskedFrame(
        Buffer.from(JSON.stringify({ type: "sendToGroup", group, dataType: "binary", data, noEcho: true })),
      );
    },
    // DownstreamMessage.data_message has this tag.
    count: (frame) => ((isJson ? frame.includes(messageType) : frame[0] === 0x12) ? 1 : 0),
    acknowledge: (received) =>
      received % messagesPerAck === 0
        ? sequenceAckFrame(isJson ? "json.reliable" : "protobuf.reliable", received)
        : null,
  };
}

/** It merges the updates of a turn: a frame holds as many edits as its structs are long. */
function hocuspocusSpeech(room: string, author: number): Speech {
  const prefix = Buffer.from([...name(room), 0, 2]);
  return {
    say: (update) => maskedFrame(Buffer.concat([prefix, Buffer.from([update.length]), update]), binary),
    count(frame) {
      if (!frame.subarray(0, prefix.length).equals(prefix)) return 0;
      const { all, by } = editsIn(frame.subarray(prefix.length));
      return all - (by.get(author) ?? 0);
    },
    acknowledge: () => null,
  };
}

interface Edits {
  readonly all: number;
  readonly by: ReadonlyMap<number, number>;
}

/** The last frames and what was in them: everybody in a room gets the same ones, and the driver must not be what is slow. */
const counted: { readonly frame: Buffer; readonly edits: Edits }[] = [];
const countedMax = 8;

function editsIn(payload: Buffer): Edits {
  const known = counted.find(({ frame }) => frame.equals(payload));
  if (known !== undefined) return known.edits;
  const start = payload.findIndex((byte) => byte < 0x80) + 1;
  const by = new Map<number, number>();
  for (const { id, length } of Y.decodeUpdate(new Uint8Array(payload.subarray(start))).structs) {
    by.set(id.client, (by.get(id.client) ?? 0) + length);
  }
  const edits = { all: [...by.values()].reduce((sum, length) => sum + length, 0), by };
  counted.unshift({ frame: Buffer.from(payload), edits });
  counted.length = Math.min(counted.length, countedMax);
  return edits;
}

function readVarint(bytes: Buffer, from: number): number {
  let [value, times] = [0, 1];
  for (let at = from; ; at++, times *= 0x80) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * times;
    if (byte < 0x80) return value;
  }
}

function name(words: string): readonly number[] {
  return [words.length, ...Buffer.from(words)];
}

function field(number: number, ...content: readonly (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)));
  const length = bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

function accessToken(key: string, aud: string, group: string): string {
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const claims = { aud, exp, role: [`webpubsub.sendToGroup.${group}`], "webpubsub.group": [group], sub: "raw" };
  const text = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}
