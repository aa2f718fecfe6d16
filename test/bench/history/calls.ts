import * as Y from "yjs";
import { board } from "./board.ts";

/** Of each version, from the request until the Y.Doc is there. Milliseconds. */
export async function openAll(url: string, versions: readonly { readonly id: string }[]): Promise<readonly number[]> {
  const took: number[] = [];
  for (const { id } of versions) {
    const began = performance.now();
    const doc = await preview(url, `version=${id}`);
    took.push(performance.now() - began);
    doc.destroy();
  }
  return took;
}

export async function shapesAt(url: string, cursor: string): Promise<number> {
  const doc = await preview(url, `cursor=${cursor}`);
  const { size } = doc.getMap("shapes");
  doc.destroy();
  return size;
}

/** Resolves when the server says that it is done. */
export async function restore(url: string, cursor: string): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ cursor });
  const answer = await fetch(`${url}/restore?document=${board}`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`The restore was answered ${answer.status} ${await answer.text()}`);
}

async function preview(url: string, at: string): Promise<Y.Doc> {
  const answer = await fetch(`${url}/preview?document=${board}&${at}`);
  if (!answer.ok) throw new Error(`The preview was answered ${answer.status} ${await answer.text()}`);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await answer.arrayBuffer()));
  return doc;
}
