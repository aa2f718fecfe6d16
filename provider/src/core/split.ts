import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { writeDeletes } from "./select.ts";
import type { Range } from "./update-summary.ts";

type Struct = Y.Item | Y.GC;

/** One struct as it lies in an update. */
interface Piece {
  readonly client: number;
  readonly clock: number;
  readonly bytes: Uint8Array;
}

/** What a client block and a deleted range take at most, besides the structs' own bytes. */
const blockBytes = 30;
const rangeBytes = 22;

/**
 * DU1: the same as `update` in several updates of at most about `bytesMax` bytes; each can be applied once those before
 * it are. Own, valid updates only. A single value (a binary, an embed, one JSON) is never cut, whatever its size.
 * `structsMax`: and of at most so many structs each.
 */
export function splitUpdate(
  update: Uint8Array,
  bytesMax: number,
  structsMax: number = Number.POSITIVE_INFINITY,
): readonly Uint8Array[] {
  if (update.length <= bytesMax && structsMax === Number.POSITIVE_INFINITY) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  const whole = structs.filter((struct) => !(struct instanceof Y.Skip));
  const ordered =
    whole.length === structs.length ? inOrder(whole.flatMap((struct) => cut(struct, bytesMax / 4))) : null;
  // A hole, or references in a circle: nothing that was ever written here.
  if (ordered === null) return [update];
  const deletes = [...ds.clients].flatMap(([client, items]) =>
    items.map((item): Range => ({ client, clock: item.clock, length: item.len })),
  );
  const weigh = ({ bytes }: Piece): number => Math.max(bytes.length + blockBytes, bytesMax / structsMax);
  return [
    ...chunks(piecesOf(ordered), bytesMax, weigh).map((part) => encodePieces(part, [])),
    ...chunks(deletes, bytesMax, () => rangeBytes).map((part) => encodePieces([], part)),
  ];
}

/** Long text, long runs of values and of deleted clocks are cut; what they are now is what comes first. */
function cut(struct: Struct, bytesMax: number): readonly Struct[] {
  const parts: Struct[] = [];
  let rest = struct;
  for (;;) {
    const at = rest instanceof Y.Item ? cutAt(rest.content, bytesMax) : 0;
    if (at === 0 || !(rest instanceof Y.Item)) return [...parts, rest];
    const { client, clock } = rest.id;
    const content = rest.content.splice(at);
    const right = new Y.Item(
      Y.createID(client, clock + at),
      null,
      Y.createID(client, clock + at - 1),
      null,
      rest.rightOrigin,
      rest.parent,
      rest.parentSub,
      content,
    );
    rest.length = at;
    parts.push(rest);
    rest = right;
  }
}

/** Where to cut a content that is too large; 0: nowhere. Never between the halves of a surrogate pair. */
function cutAt(content: Y.Item["content"], bytesMax: number): number {
  if (content instanceof Y.ContentString) {
    // A unit of UTF-16 takes at most three bytes.
    const at = Math.max(2, Math.floor(bytesMax / 3));
    if (content.str.length <= at) return 0;
    return isHighSurrogate(content.str.charCodeAt(at - 1)) ? at - 1 : at;
  }
  if (!(content instanceof Y.ContentAny || content instanceof Y.ContentJSON)) return 0;
  let bytes = 0;
  for (const [index, value] of content.arr.entries()) {
    bytes += valueBytes(value);
    if (index > 0 && bytes > bytesMax) return index;
  }
  return 0;
}

function valueBytes(value: unknown): number {
  const encoder = encoding.createEncoder();
  encoding.writeAny(encoder, value as Parameters<typeof encoding.writeAny>[1]);
  return encoding.length(encoder);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** Each struct after all that it builds on; null: there is no such order. */
export function inOrder(structs: readonly Struct[]): readonly Struct[] | null {
  const queues = new Map<number, { readonly structs: Struct[]; next: number }>();
  for (const struct of structs) {
    const queue = queues.get(struct.id.client) ?? { structs: [], next: 0 };
    queue.structs.push(struct);
    queues.set(struct.id.client, queue);
  }
  const ordered: Struct[] = [];
  for (const root of queues.keys()) {
    const path = [root];
    for (let client = path.at(-1); client !== undefined; client = path.at(-1)) {
      const queue = queues.get(client);
      const struct = queue?.structs[queue.next];
      if (queue === undefined || struct === undefined) {
        path.pop();
        continue;
      }
      const awaited = buildsOn(struct).find((id) => isAhead(queues.get(id.client), id.clock));
      if (awaited === undefined) {
        ordered.push(struct);
        queue.next++;
        // Whoever waited looks again.
        if (path.length > 1) path.pop();
      } else if (path.includes(awaited.client)) return null;
      else path.push(awaited.client);
    }
  }
  return ordered;
}

function isAhead(queue: { readonly structs: readonly Struct[]; readonly next: number } | undefined, clock: number) {
  const next = queue?.structs[queue.next];
  return next !== undefined && clock >= next.id.clock;
}

export function buildsOn(struct: Struct): readonly Y.ID[] {
  if (!(struct instanceof Y.Item)) return [];
  const others = [struct.origin, struct.rightOrigin, struct.parent instanceof Y.ID ? struct.parent : null];
  return others.filter((id) => id !== null).filter((id) => id.client !== struct.id.client);
}

/** Written one after the other by one encoder: structs of V1 share nothing. */
export function piecesOf(structs: readonly Struct[]): readonly Piece[] {
  const encoder = new Y.UpdateEncoderV1();
  const starts = structs.map((struct) => {
    const start = encoding.length(encoder.restEncoder);
    struct.write(encoder, 0);
    return start;
  });
  const bytes = encoding.toUint8Array(encoder.restEncoder);
  return structs.map(({ id }, index) => ({ ...id, bytes: bytes.subarray(starts[index], starts[index + 1]) }));
}

function chunks<T>(items: readonly T[], bytesMax: number, weigh: (item: T) => number): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = weigh(item);
    const last = parts.at(-1);
    if (last === undefined || bytes > room) {
      parts.push([item]);
      room = bytesMax - bytes;
      continue;
    }
    last.push(item);
    room -= bytes;
  }
  return parts;
}

/** Yjs V1: one block a client, larger ids first, then the deletions. */
export function encodePieces(pieces: readonly Piece[], deletes: readonly Range[]): Uint8Array {
  const clients = new Map<number, Piece[]>();
  for (const piece of pieces) {
    const block = clients.get(piece.client);
    if (block === undefined) clients.set(piece.client, [piece]);
    else block.push(piece);
  }
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, clients.size);
  for (const [client, block] of [...clients].sort(([left], [right]) => right - left)) {
    encoding.writeVarUint(encoder, block.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, block[0]?.clock ?? 0);
    for (const { bytes } of block) encoding.writeUint8Array(encoder, bytes);
  }
  writeDeletes(encoder, deletes);
  return encoding.toUint8Array(encoder);
}
