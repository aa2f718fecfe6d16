import type { WebPubSubProviderOptions } from "y-webpubsub";
import type { CollabServerOptions } from "y-webpubsub-server";
import { Collab } from "./collab.ts";
import { Member } from "./member.ts";

/** Service, server and the people of a document: anew for each test. */
export class Meeting {
  readonly #members: Member[] = [];
  #collab: Collab | null = null;

  /** `options`: of the server, beside its own. */
  async begin(options: Partial<CollabServerOptions> = {}): Promise<void> {
    this.#collab = await Collab.start(options);
  }

  /** Everybody leaves. */
  async end(): Promise<void> {
    for (const { provider } of this.#members.splice(0)) provider.destroy();
    await this.#collab?.close();
    this.#collab = null;
  }

  get collab(): Collab {
    if (this.#collab === null) throw new Error("The meeting has not begun.");
    return this.#collab;
  }

  join(user: string, options: WebPubSubProviderOptions & { role?: string } = {}, document = "board"): Member {
    const member = new Member(this.collab.url, document, user, options);
    this.#members.push(member);
    return member;
  }
}
