import type { BoundedReader } from "./bounded-reader.ts";
import { contentRef, readContent } from "./update-content.ts";
import { UpdateOrder } from "./update-order.ts";
import type { StructKind, StructRange, UpdateLimits } from "./update-summary.ts";

const gcInfo = 0;
const skipInfo = 10;
const hasOrigin = 0x80;
const hasRightOrigin = 0x40;
const hasParentSub = 0x20;
const contentBits = 0x1f;

/** Bytes of the shortest struct (a GC), and of the shortest client block around one struct. */
const structBytesMin = 2;
const blockBytesMin = 5;

const noReferences: ReadonlyMap<number, number> = new Map();

/** Walks the struct part of a V1 update: one block a client, higher client ids first, clocks without a hole in a block. */
export class StructWalk {
  /** In the update's order. */
  readonly ranges: StructRange[] = [];
  structCount = 0;
  private readonly reader: BoundedReader;
  private readonly limits: UpdateLimits;
  private references: Map<number, number> | null = null;
  /** Only where more than one client writes: one client's references cannot run in a circle. */
  private order: UpdateOrder | null = null;
  private rootNames: Set<string> | null = null;
  private subdocuments = 0;

  constructor(reader: BoundedReader, limits: UpdateLimits) {
    this.reader = reader;
    this.limits = limits;
  }

  run(): void {
    const blocks = this.reader.count(blockBytesMin);
    if (blocks > this.limits.clientsMax) this.reader.fail("too-many-clients");
    if (blocks > 1 && this.reader.ok) this.order = new UpdateOrder();
    let above = Number.POSITIVE_INFINITY;
    for (let index = 0; index < blocks && this.reader.ok; index++) above = this.block(above);
    if (this.reader.ok && this.order?.isCircular()) this.reader.fail("circular-references");
  }

  /** Clock after the highest one referred to, for each client other than the referring one. */
  get referredTo(): ReadonlyMap<number, number> {
    return this.references ?? noReferences;
  }

  private block(clientAbove: number): number {
    const { reader, limits } = this;
    const count = reader.count(structBytesMin);
    this.structCount += count;
    if (this.structCount > limits.structsMax) reader.fail("too-many-structs");
    if (reader.ok && count === 0) reader.fail("empty-client-block");
    const client = reader.varUint();
    // Y.mergeUpdates loses structs of updates whose clients do not descend, and Yjs drops all but one block of a client.
    if (reader.ok && client >= clientAbove) reader.fail(this.isKnown(client) ? "duplicate-client" : "client-order");
    const start = reader.varUint();
    this.order?.begin(client, start);
    let clock = start;
    let rangeStart = start;
    let rangeKind: StructKind | null = null;
    for (let index = 0; index < count && reader.ok; index++) {
      const info = reader.uint8();
      const length = this.struct(client, clock, info);
      if (!reader.ok) break;
      if (length < 1) reader.fail("zero-length-struct");
      else if (clock + length > limits.clockMax) reader.fail("clock-too-large");
      const kind = kindOf(info);
      if (rangeKind !== null && rangeKind !== kind) {
        this.ranges.push({ client, clock: rangeStart, length: clock - rangeStart, kind: rangeKind });
        rangeStart = clock;
      }
      rangeKind = kind;
      clock += length;
    }
    if (rangeKind !== null)
      this.ranges.push({ client, clock: rangeStart, length: clock - rangeStart, kind: rangeKind });
    return client;
  }

  private struct(client: number, clock: number, info: number): number {
    const { reader } = this;
    if (info === gcInfo || info === skipInfo) return reader.varUint();
    const reference = info & contentBits;
    // A GC or Skip with other bits set: Yjs reads it in two different ways.
    if (reference === gcInfo || reference === skipInfo) {
      reader.fail("unknown-content");
      return 0;
    }
    if ((info & hasOrigin) !== 0) this.reference(client, clock);
    if ((info & hasRightOrigin) !== 0) this.reference(client, clock);
    if ((info & (hasOrigin | hasRightOrigin)) === 0) this.parent(client, clock, info);
    if (reference === contentRef.subdocument && ++this.subdocuments > this.limits.subdocumentsMax) {
      reader.fail("too-many-subdocuments");
    }
    return readContent(reader, reference, this.limits);
  }

  private parent(client: number, clock: number, info: number): void {
    const { reader } = this;
    switch (reader.varUint()) {
      case 0:
        this.reference(client, clock);
        break;
      case 1:
        this.rootName();
        break;
      default:
        reader.fail("unknown-parent");
    }
    if ((info & hasParentSub) !== 0) reader.skipKey();
  }

  private reference(client: number, clock: number): void {
    const { reader, limits } = this;
    const target = reader.varUint();
    const targetClock = reader.varUint();
    // Yjs integrates what precedes such a struct, then throws and leaves the document half changed.
    if (target === client && targetClock >= clock) reader.fail("future-reference");
    else if (targetClock >= limits.clockMax) reader.fail("clock-too-large");
    else if (target !== client) this.note(clock, target, targetClock);
  }

  private note(clock: number, target: number, targetClock: number): void {
    this.order?.refer(clock, target, targetClock);
    this.references ??= new Map();
    if (targetClock >= (this.references.get(target) ?? 0)) this.references.set(target, targetClock + 1);
  }

  private rootName(): void {
    const { reader } = this;
    const name = reader.varString();
    if (name === "__proto__") reader.fail("forbidden-key");
    this.rootNames ??= new Set();
    if (this.rootNames.add(name).size > this.limits.rootNamesMax) reader.fail("too-many-root-names");
  }

  private isKnown(client: number): boolean {
    return this.ranges.some((range) => range.client === client);
  }
}

function kindOf(info: number): StructKind {
  if (info === gcInfo) return "gc";
  if (info === skipInfo) return "skip";
  return (info & contentBits) === contentRef.deleted ? "deleted" : "item";
}
