import { type ProviderEvents, WebPubSubProvider, type WebPubSubProviderOptions } from "y-webpubsub";
import * as Y from "yjs";
import { roleHeader, userHeader } from "./collab.ts";

/** One editor in a room, with its document; waits for what it is told, never for time. */
export class Member {
  readonly provider: WebPubSubProvider;

  constructor(url: string, document: string, user: string, options: WebPubSubProviderOptions & { role?: string } = {}) {
    const { role = "writer", ...rest } = options;
    const headers = { [userHeader]: user, [roleHeader]: role };
    this.provider = new WebPubSubProvider(url, document, new Y.Doc(), { headers, ...rest });
  }

  get doc(): Y.Doc {
    return this.provider.doc;
  }

  get text(): Y.Text {
    return this.doc.getText("text");
  }

  type(words: string): void {
    this.text.insert(this.text.length, words);
  }

  /** Resolves when `check` holds; looked at whenever one of the provider's events of that name comes. */
  until(event: keyof ProviderEvents<WebPubSubProvider>, check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!check()) return;
        this.provider.off(event, look);
        resolve();
      };
      this.provider.on(event, look);
      look();
    });
  }

  synced(): Promise<void> {
    return this.until("synced", () => this.provider.synced);
  }

  live(): Promise<void> {
    return this.until("link", () => this.provider.link === "live");
  }

  /** Resolves when the text is this. */
  reads(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.text.toString() !== text) return;
        this.doc.off("update", look);
        resolve();
      };
      this.doc.on("update", look);
      look();
    });
  }

  /** Resolves when the map of that name has so many keys. */
  fills(name: string, size: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.doc.getMap(name).size !== size) return;
        this.doc.off("update", look);
        resolve();
      };
      this.doc.on("update", look);
      look();
    });
  }

  /** Resolves when the text has all of these parts. */
  has(...parts: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        const text = this.text.toString();
        if (!parts.every((part) => text.includes(part))) return;
        this.doc.off("update", look);
        resolve();
      };
      this.doc.on("update", look);
      look();
    });
  }

  /** Resolves with the document that replaces this one. */
  reloaded(): Promise<Y.Doc> {
    return new Promise((resolve) => this.provider.once("reload", (doc: Y.Doc) => resolve(doc)));
  }

  /** Resolves when some other member's awareness state is as asked. */
  seesOne(check: (state: Readonly<Record<string, unknown>>) => boolean): Promise<void> {
    const { awareness } = this.provider;
    return new Promise((resolve) => {
      const look = (): void => {
        const others = [...awareness.getStates()].filter(([client]) => client !== awareness.clientID);
        if (!others.some(([, state]) => check(state))) return;
        awareness.off("change", look);
        resolve();
      };
      awareness.on("change", look);
      look();
    });
  }

  /** Resolves when the awareness states of the others are these. */
  sees(states: readonly unknown[]): Promise<void> {
    const { awareness } = this.provider;
    const wanted = JSON.stringify(states);
    return new Promise((resolve) => {
      const look = (): void => {
        const others = [...awareness.getStates()].filter(([client]) => client !== awareness.clientID);
        if (JSON.stringify(others.map(([, state]) => state)) !== wanted) return;
        awareness.off("change", look);
        resolve();
      };
      awareness.on("change", look);
      look();
    });
  }
}
