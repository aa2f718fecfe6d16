import type { Bounds } from "./canvas/camera.ts";
import { union } from "./canvas/geometry.ts";
import type { Front, Scene } from "./canvas/renderer.ts";
import type { Editor } from "./editor.ts";
import { moved } from "./model/moved.ts";
import type { Box, Shape } from "./model/schema.ts";
import { handlesOf, lineEnds } from "./tools/handles.ts";

/** Ink may be this much wider than its box: shapes just outside of the view are asked for as well. */
const MARGIN = 24;

/** How an editor's state becomes a picture: which shapes rest, which move, and what lies over them. */
export function sceneOf(editor: Editor): Scene {
  const { board, drags, drafts, cursors, presence, selection, live, editing } = editor;

  const movedHere = (): readonly Shape[] => {
    const gesture = live.get();
    if (gesture.kind !== "transform" && gesture.kind !== "copy") return [];
    return shapesOf(gesture.ids).map((shape) => moved(shape, gesture.from, gesture.to));
  };
  const shapesOf = (ids: Iterable<string>): Shape[] =>
    [...ids].map((id) => board.shapes.get(id)).filter((shape) => shape !== undefined);

  return {
    camera: editor.camera.get,
    theme: editor.theme.get,
    *back(area: Bounds) {
      const past = editor.past.preview.get();
      if (past) {
        yield* past.shapes.filter(({ box }) => touches(box, area));
        return;
      }
      const gesture = live.get();
      const away = new Set(drags.view(performance.now()).map((shape) => shape.id));
      if (gesture.kind === "transform" || gesture.kind === "erase") for (const id of gesture.ids) away.add(id);
      const typed = editing.get()?.edit.id;
      for (const shape of board.shapes.within(area, MARGIN)) {
        if (!away.has(shape.id) && shape.id !== typed) yield shape;
      }
    },
    front(now): Front {
      if (editor.past.preview.get()) return NOTHING_MOVES;
      const gesture = live.get();
      const mine = movedHere();
      const mineIds = new Set(mine.map((shape) => shape.id));
      const theirs = drags.view(now).filter((shape) => !mineIds.has(shape.id));
      const current = new Map([...theirs, ...mine].map((shape) => [shape.id, shape]));
      const seen = (ids: Iterable<string>): Shape[] => shapesOf(ids).map((shape) => current.get(shape.id) ?? shape);
      const chosen = seen(selection.get());
      const bounds = union(chosen.map((shape) => shape.box));
      const { cursors: cursorViews, moving } = cursors.view(now);
      return {
        shapes: [...theirs, ...mine, ...drafts.view(), ...(gesture.kind === "draft" ? [gesture.shape] : [])],
        fading: gesture.kind === "erase" ? shapesOf(gesture.ids) : [],
        marquee: gesture.kind === "marquee" ? gesture.bounds : null,
        selection: bounds && {
          bounds,
          shapes: chosen,
          handles: gesture.kind === "none" && board.writable ? handlesOf(chosen) : [],
          ends: board.writable ? lineEnds(chosen) : [],
        },
        others: presence.people
          .get()
          .filter((person) => !person.me)
          .map((person) => ({ color: person.color, shapes: seen(person.selection) })),
        cursors: cursorViews,
        moving,
      };
    },
  };
}

/** The past is a picture: nobody moves in it. */
const NOTHING_MOVES: Front = {
  shapes: [],
  fading: [],
  marquee: null,
  selection: null,
  others: [],
  cursors: [],
  moving: false,
};

function touches([x, y, width, height]: Box, area: Bounds): boolean {
  return (
    x - MARGIN <= area.maxX &&
    x + width + MARGIN >= area.minX &&
    y - MARGIN <= area.maxY &&
    y + height + MARGIN >= area.minY
  );
}
