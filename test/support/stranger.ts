import { WebPubSubProvider } from "y-webpubsub";
import * as Y from "yjs";
import { boardOf, keyHeader } from "./page.ts";

/** A client of a board without a page: it may write whatever it likes, as a modified browser could. */
export class Stranger {
  readonly doc = new Y.Doc();
  readonly provider: WebPubSubProvider;

  private constructor(url: string, key: string, cookie: string) {
    const headers = { Cookie: cookie, [keyHeader]: key };
    this.provider = new WebPubSubProvider(`${url}/collab`, boardOf(key), this.doc, { headers });
  }

  /** Joins the board of this key at the whiteboard of this address. */
  static async at(url: string, key: string): Promise<Stranger> {
    const page = await fetch(`${url}/b/${key}`);
    const cookie = page.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const stranger = new Stranger(url, key, cookie);
    await stranger.provider.whenSynced;
    return stranger;
  }

  get shapes(): Y.Map<unknown> {
    return this.doc.getMap<unknown>("shapes");
  }

  leave(): void {
    this.provider.destroy();
    this.doc.destroy();
  }
}
