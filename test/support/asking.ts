import { encodeUpload, type SessionId } from "y-webpubsub/core";
import * as Y from "yjs";
import { userHeader } from "./collab.ts";

const session = "AAAAAAAAAAAAAAAA" as SessionId;
type Headers = Readonly<Record<string, string>>;

/** Requests to a server as a client of one's own would make them. */
export class Asking {
  readonly #base: () => string;

  constructor(base: () => string) {
    this.#base = base;
  }

  url(path: string, query: Headers = {}): string {
    return `${this.#base()}${path}?${new URLSearchParams(query)}`;
  }

  get(path: string, query: Headers = {}, headers: Headers = ada): Promise<Response> {
    return fetch(this.url(path, query), { headers });
  }

  negotiate(body: unknown = card, headers: Headers = {}): Promise<Response> {
    return fetch(this.url("/negotiate"), {
      method: "POST",
      headers: { ...ada, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  /** A text by a client id, and under an upload number, that is `number`. */
  upload(text: string, number = 1, document = "d", headers: Headers = {}): Promise<Response> {
    const doc = new Y.Doc();
    doc.clientID = number;
    doc.getText("t").insert(0, text);
    const words = { session, upload: number, seqTo: number, announce: false, adoption: false };
    return fetch(this.url("/log", { document, generation: "1" }), {
      method: "POST",
      headers: { ...ada, "content-type": "application/octet-stream", ...headers },
      body: new Uint8Array(encodeUpload({ ...words, update: Y.encodeStateAsUpdate(doc) })),
    });
  }
}

export const ada: Headers = { [userHeader]: "ada" };
export const card = { protocol: 1, document: "d", session, clientIds: [7] };

export async function codeOf(answer: Promise<Response>): Promise<readonly [number, unknown]> {
  const response = await answer;
  return [response.status, (await response.json()).code];
}

/** One after the other. */
export async function statusesOf(asks: readonly (() => Promise<Response>)[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const ask of asks) statuses.push((await ask()).status);
  return statuses;
}
