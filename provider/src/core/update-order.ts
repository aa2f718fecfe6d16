interface Block {
  readonly client: number;
  readonly start: number;
  /** Of the next edge to be looked at, and after the last one, in `edges`. */
  next: number;
  end: number;
  onPath: boolean;
}

/** Numbers an edge takes: the referring clock, the client and the clock referred to. */
const edgeSize = 3;

/**
 * The references between the clients of one update. Whoever wrote them could refer only to what existed, so a circle is a
 * lie; Yjs would park such an update for ever, or lose a part of it.
 */
export class UpdateOrder {
  private readonly blocks = new Map<number, Block>();
  private readonly edges: number[] = [];
  private last: Block | null = null;

  /** The next block; its references follow. */
  begin(client: number, start: number): void {
    this.last = { client, start, next: this.edges.length, end: this.edges.length, onPath: false };
    this.blocks.set(client, this.last);
  }

  /** A struct of the last block, at `clock`, refers to another client's; clocks do not descend. */
  refer(clock: number, target: number, targetClock: number): void {
    if (this.last === null) return;
    this.edges.push(clock, target, targetClock);
    this.last.end = this.edges.length;
  }

  /** Depth first, each edge once: what a struct refers to must be reachable before the struct itself. */
  isCircular(): boolean {
    for (const block of this.blocks.values()) {
      if (this.entersCircle(block)) return true;
    }
    return false;
  }

  private entersCircle(root: Block): boolean {
    const path: { readonly block: Block; readonly until: number }[] = [];
    let here: { readonly block: Block; readonly until: number } | undefined = {
      block: root,
      until: Number.POSITIVE_INFINITY,
    };
    while (here !== undefined) {
      const { block, until } = here;
      block.onPath = true;
      if (this.reached(block) > until || block.next === block.end) {
        block.onPath = false;
        here = path.pop();
        continue;
      }
      const target = this.blocks.get(this.edges[block.next + 1] ?? 0);
      const targetClock = this.edges[block.next + 2] ?? 0;
      if (target === undefined || targetClock < target.start || this.reached(target) > targetClock) {
        block.next += edgeSize;
        continue;
      }
      if (target.onPath) return true;
      path.push(here);
      here = { block: target, until: targetClock };
    }
    return false;
  }

  /** The clock of the first struct whose references have not all been followed. */
  private reached(block: Block): number {
    return block.next === block.end ? Number.POSITIVE_INFINITY : (this.edges[block.next] ?? 0);
  }
}
