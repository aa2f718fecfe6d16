import { moved } from "../model/moved.ts";
import type { Box, Shape } from "../model/schema.ts";
import type { Drag, Person } from "./presence.ts";

interface Held {
  readonly clientId: number;
  drag: Drag;
  /** The shape as it was when the drag began: once the document has another box, the drag has arrived and ends here. */
  readonly box: Box;
  endsAt: number | null;
}

/** How long a finished drag is still shown while the document's change is on its way. */
const ARRIVAL_MS = 1_500;

/**
 * Others' drags, seen live. Presence and document travel apart: whichever comes first, a shape is neither moved twice
 * nor does it jump back in between.
 */
export class RemoteDrags {
  private readonly held = new Map<string, Held>();
  private readonly shapeOf: (id: string) => Shape | undefined;

  constructor(shapeOf: (id: string) => Shape | undefined) {
    this.shapeOf = shapeOf;
  }

  update(people: readonly Person[], now: number): void {
    const dragging = new Set<string>();
    for (const person of people) {
      if (person.me || !person.drag) continue;
      for (const id of person.selection) {
        const held = this.held.get(id);
        dragging.add(id);
        if (held?.clientId === person.clientId && held.endsAt === null) held.drag = person.drag;
        else {
          const shape = this.shapeOf(id);
          if (shape) {
            this.held.set(id, { clientId: person.clientId, drag: person.drag, box: shape.box, endsAt: null });
          }
        }
      }
    }
    for (const [id, held] of this.held) {
      if (!dragging.has(id) && held.endsAt === null) held.endsAt = now + ARRIVAL_MS;
    }
  }

  /** Shapes in the place where others hold them. */
  view(now: number): readonly Shape[] {
    const shapes: Shape[] = [];
    for (const [id, held] of this.held) {
      const shape = this.shapeOf(id);
      const arrived = !shape || !sameBox(shape.box, held.box);
      if (held.endsAt !== null && (arrived || now >= held.endsAt)) this.held.delete(id);
      else if (shape && !arrived) shapes.push(moved(shape, held.drag.from, held.drag.to));
    }
    return shapes;
  }

  /** True while some shape is not where the document says. */
  get active(): boolean {
    return this.held.size > 0;
  }
}

function sameBox(a: Box, b: Box): boolean {
  return a.every((value, index) => value === b[index]);
}
