import { Stranger } from "../../support/stranger.ts";
import { packed } from "./scene.ts";

const everyMs = 50;
const pointsEach = 3;
const pointsOfStroke = 600;

/** People who draw on a board at 20 messages a second each, without pages: strokes that grow, and cursors. */
export class Crowd {
  readonly #members: readonly Stranger[];
  #timer: NodeJS.Timeout | null = null;
  #drawn = 0;

  private constructor(members: readonly Stranger[]) {
    this.#members = members;
  }

  static async at(url: string, key: string, count: number): Promise<Crowd> {
    const members: Stranger[] = [];
    for (let at = 0; at < count; at += 1) members.push(await Stranger.at(url, key));
    members.forEach(({ provider }, at) => {
      provider.awareness.setLocalState({ user: { name: `Member ${at}`, color: "red" }, cursor: [0, 0], selection: [] });
    });
    return new Crowd(members);
  }

  begin(): void {
    this.#timer = setInterval(() => {
      const first = this.#drawn % pointsOfStroke;
      const stroke = Math.floor(this.#drawn / pointsOfStroke);
      this.#drawn += pointsEach;
      this.#members.forEach(({ provider }, member) => {
        const way = Array.from({ length: pointsEach }, (_, step) => place(member, first + step));
        const [x, y] = way.at(-1) ?? [0, 0];
        provider.awareness.setLocalStateField("cursor", [x, y]);
        provider.broadcast(draft({ id: `crowd-${member}-${stroke}`, author: provider.awareness.clientID, first, way }));
      });
    }, everyMs);
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const member of this.#members) member.leave();
  }
}

function place(member: number, step: number): readonly [number, number] {
  return [200 + step * 1.2, 200 + 80 * member + 30 * Math.sin(step / 12)];
}

interface Draft {
  readonly id: string;
  readonly author: number;
  readonly first: number;
  readonly way: readonly (readonly [number, number])[];
}

/** A stroke under the pen, as the board's `draft-message.ts` reads it: red, of middle size. */
function draft({ id, author, first, way }: Draft): Uint8Array {
  const name = new TextEncoder().encode(id);
  const points = packed(way);
  const bytes = new Uint8Array(11 + name.length + points.length);
  const view = new DataView(bytes.buffer);
  bytes.set([1, 0]);
  view.setUint32(2, author);
  bytes.set([6, 1 * 16], 6);
  view.setUint16(8, first);
  bytes[10] = name.length;
  bytes.set(name, 11);
  bytes.set(points, 11 + name.length);
  return bytes;
}
