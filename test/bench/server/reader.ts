import { get, type IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { type Cursor, decodeLogPage, decodeSnapshot, type SnapshotRef } from "y-webpubsub/core";

const decompress = promisify(brotliDecompress);

/** What a joiner reads: the snapshot and the log after it. Resolves with where the log ends. */
export async function open(port: number, document: string): Promise<Cursor> {
  const { headers, body } = await readSnapshot(port, document);
  const bytes = headers["content-encoding"] === "br" ? await decompress(body) : body;
  const snapshot = decodeSnapshot(new Uint8Array(bytes));
  if (!snapshot.ok) throw new Error(`The snapshot cannot be read: ${snapshot.problem}`);
  return readLog(port, document, snapshot.value.cursor);
}

/** What so many joiners take from the server at once, without looking into it. */
export async function openMany(port: number, document: string, joiners: number, after: Cursor): Promise<void> {
  const join = async () => {
    await readSnapshot(port, document);
    await ask(port, "log", { document, after });
  };
  await Promise.all(Array.from({ length: joiners }, join));
}

/** Asks with the digest of something else, so that the document has to be folded. */
export async function askDigest(port: number, document: string, cursor: Cursor): Promise<void> {
  const answer = await ask(port, "head", { document, cursor, digest: Buffer.alloc(32).toString("base64url") });
  const { match } = JSON.parse(answer.body.toString()) as { readonly match: boolean | null };
  if (match !== false) throw new Error(`The digest was answered ${answer.body.toString().slice(0, 200)}`);
}

async function readSnapshot(port: number, document: string): Promise<Answer> {
  const { body } = await ask(port, "log", { document, after: "" }, 410);
  const { snapshot } = JSON.parse(body.toString()) as { readonly snapshot: SnapshotRef };
  return ask(port, "snapshot", { document, ref: snapshot });
}

async function readLog(port: number, document: string, from: Cursor): Promise<Cursor> {
  let after = from;
  for (;;) {
    const { body } = await ask(port, "log", { document, after });
    const page = decodeLogPage(new Uint8Array(body));
    if (!page.ok) throw new Error(`The log cannot be read: ${page.problem}`);
    after = page.value.next;
    if (!page.value.more) return after;
  }
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask(port: number, path: string, query: Record<string, string>, expected = 200): Promise<Answer> {
  const parameters = new URLSearchParams({ generation: "1", ...query });
  const headers = { "Accept-Encoding": "br", "X-User": "joiner" };
  return new Promise((done, fail) => {
    get({ host: "127.0.0.1", port, path: `/collab/${path}?${parameters}`, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        if (response.statusCode === expected) done({ headers: response.headers, body });
        else fail(new Error(`${path} was answered ${response.statusCode} ${body.toString().slice(0, 200)}`));
      });
    }).on("error", fail);
  });
}
