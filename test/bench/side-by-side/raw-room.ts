import { Client } from "../service/client.ts";
import { Keystrokes } from "./keystrokes.ts";
import { addressOf, enter, type Place, type Speech, speechOf } from "./speech.ts";

interface Author {
  readonly client: Client;
  readonly speech: Speech;
  readonly keys: Keystrokes;
  said: number;
}

/** People in one document, each of whom types the next key as soon as everybody has everybody's last. */
export class RawRoom {
  readonly #authors: readonly Author[];
  #awaited = 0;
  #arrived: () => void = () => undefined;

  private constructor(authors: readonly Author[]) {
    this.#authors = authors;
    for (const { client, speech } of authors) {
      client.onFrame = (frame) => {
        const edits = speech.count(frame);
        if (edits === 0) return;
        // The first frame of a client of the service is `connected`: it has no number.
        const ack = speech.acknowledge(client.received - 1);
        if (ack !== null) client.write(ack);
        this.#awaited -= edits;
        if (this.#awaited === 0) this.#arrived();
      };
    }
  }

  static async open(place: Place, members: number): Promise<RawRoom> {
    const authors: Author[] = [];
    while (authors.length < members) {
      const client = await Client.open(addressOf(place));
      await enter(client, place);
      const id = authors.length + 1;
      authors.push({ client, speech: speechOf(place, id), keys: new Keystrokes(id), said: 0 });
    }
    return new RawRoom(authors);
  }

  /** Edits that others got meanwhile: whole rounds, for at least so long. */
  async type(ms: number): Promise<number> {
    const began = performance.now();
    const count = this.#authors.length;
    let edits = 0;
    do {
      await this.#round();
      edits += count;
    } while (performance.now() - began < ms);
    return edits * (count - 1);
  }

  async close(): Promise<void> {
    await Promise.all(this.#authors.map(({ client }) => client.close()));
  }

  /** Everybody's next key, until everybody has everybody's. */
  #round(): Promise<void> {
    this.#awaited = this.#authors.length * (this.#authors.length - 1);
    return new Promise((resolve) => {
      this.#arrived = resolve;
      for (const author of this.#authors) {
        author.said += 1;
        author.client.write(author.speech.say(author.keys.next(), author.said));
      }
    });
  }
}
