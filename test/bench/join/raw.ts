import type { IncomingMessage } from "node:http";
import { get } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import type WebSocket from "ws";
import { decodeLogPage, decodeSnapshot, type SnapshotRef } from "y-webpubsub/core";
import { open, openHocuspocus } from "../provider/crowd.ts";
import type { JoinKind } from "./joiners.ts";

export interface Joined {
  readonly tookMs: number;
  /** To each of them, as they are on the wire without the heads of frames and answers. */
  readonly bytes: number;
}

const decompress = promisify(brotliDecompress);
/** Of a peer's sync messages: what a document takes that is there but for its last few edits. */
const nearlyAll = 0.99;

/** Takes a document as a newcomer does, without making it. Resolves with the bytes when all are there. */
export async function rawJoin(kind: JoinKind, port: number, wholeBytes: number): Promise<number> {
  switch (kind) {
    case "ours":
      return takeOurs(port);
    case "y-websocket":
      return takePeer(await open(`ws://127.0.0.1:${port}/paper`), [], wholeBytes);
    case "hocuspocus":
      return takePeer(await openHocuspocus(port, "paper"), [5, ...new TextEncoder().encode("paper")], wholeBytes);
    default:
      throw new Error(`There is no server '${String(kind satisfies never)}'.`);
  }
}

/** Both peers: asks with an empty state vector. A cold y-websocket answers with an empty document first. */
function takePeer(socket: WebSocket, prefix: readonly number[], wholeBytes: number): Promise<number> {
  return new Promise((done, fail) => {
    let bytes = 0;
    socket.on("message", (data: Buffer) => {
      bytes += data.length;
      if (bytes < nearlyAll * wholeBytes) return;
      socket.terminate();
      done(bytes);
    });
    socket.on("error", fail);
    // Message type 0 (sync), subtype 0 (step 1), one byte of state vector: 0 clients.
    socket.send(Uint8Array.from([...prefix, 0, 0, 1, 0]));
  });
}

async function takeOurs(port: number): Promise<number> {
  const first = await ask(port, "log", { after: "" });
  let bytes = first.body.length;
  let after = "";
  let page = first;
  if (first.status === 410) {
    const { snapshot } = JSON.parse(first.body.toString()) as { readonly snapshot: SnapshotRef };
    const kept = await ask(port, "snapshot", { ref: snapshot });
    const read = decodeSnapshot(new Uint8Array(kept.isPacked ? await decompress(kept.body) : kept.body));
    if (!read.ok) throw new Error(`The snapshot was answered ${kept.status}: ${read.problem}`);
    after = read.value.cursor;
    bytes += kept.body.length;
    page = await ask(port, "log", { after });
    bytes += page.body.length;
  }
  for (;;) {
    const read = decodeLogPage(new Uint8Array(page.body));
    if (!read.ok) throw new Error(`The log was answered ${page.status}: ${read.problem}`);
    if (!read.value.more) return bytes;
    page = await ask(port, "log", { after: read.value.next });
    bytes += page.body.length;
  }
}

interface Answer {
  readonly status: number;
  readonly isPacked: boolean;
  readonly body: Buffer;
}

async function ask(port: number, path: string, query: Record<string, string>): Promise<Answer> {
  const parameters = new URLSearchParams({ document: "paper", generation: "1", ...query });
  const headers = { "Accept-Encoding": "br", "X-User": "joiner" };
  const response = await new Promise<IncomingMessage>((done, fail) => {
    get({ host: "127.0.0.1", port, path: `/collab/${path}?${parameters}`, headers }, done).on("error", fail);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const isPacked = response.headers["content-encoding"] === "br";
  return { status: response.statusCode ?? 0, isPacked, body: Buffer.concat(chunks) };
}
