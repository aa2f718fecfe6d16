import type { Camera } from "./canvas/camera.ts";
import type { Editor } from "./editor.ts";
import { pack } from "./model/points.ts";
import type { Shape } from "./model/schema.ts";
import type { Person } from "./presence/presence.ts";
import type { SessionStatus } from "./session.ts";

/** A shape as tests compare it: `points` are the packed bytes. */
type PlainShape = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: Shape["type"] };

/** What tests wait on instead of time. Read-only, and always there: `window.__board`. */
interface BoardHook {
  /** All drawable shapes, bottom first. */
  shapes(): readonly PlainShape[];
  shape(id: string): Shape | null;
  /** How many there are: cheap enough to be asked each frame. */
  count(): number;
  /** Others' drafts that are shown now. */
  drafts(): readonly PlainShape[];
  /** Changes that the server has not confirmed. */
  pending(): number;
  synced(): boolean;
  saveState(): SessionStatus["saveState"];
  link(): SessionStatus["link"];
  camera(): Camera;
  people(): readonly Person[];
  /** Shapes of the document that are not drawn because they cannot be read. */
  skipped(): number;
}

declare global {
  interface Window {
    __board?: BoardHook;
  }
}

export function installTestHook(editor: Editor): void {
  const { board, camera, drafts, presence, session } = editor;
  window.__board = {
    shapes: () => board.shapes.ordered().map(plain),
    shape: (id) => board.shapes.get(id) ?? null,
    count: () => board.shapes.size,
    drafts: () => drafts.view().map(plain),
    pending: () => session.status.get().unsyncedChanges,
    synced: () => session.status.get().synced,
    saveState: () => session.status.get().saveState,
    link: () => session.status.get().link,
    camera: camera.get,
    people: presence.people.get,
    skipped: () => board.shapes.skipped,
  };
}

function plain(shape: Shape): PlainShape {
  if (!("points" in shape)) return { ...shape };
  const { extent: _derived, points, ...rest } = shape;
  return { ...rest, points: [...pack({ points, measured: shape.type === "pen" && shape.measured })] };
}
