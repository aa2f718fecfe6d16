import type { Bounds, Camera } from "../canvas/camera.ts";
import type { Board } from "../model/board.ts";
import type { Box, Shape, Style } from "../model/schema.ts";
import type { DraftSender } from "../presence/drafts.ts";
import type { Presence } from "../presence/presence.ts";
import type { Store } from "../store.ts";
import type { ToolName } from "./tool.ts";

/** The gesture under way, drawn on the front canvas and not yet in the document. */
export type Live =
  | { readonly kind: "none" }
  | { readonly kind: "draft"; readonly shape: Shape }
  | { readonly kind: "marquee"; readonly bounds: Bounds }
  | { readonly kind: "transform"; readonly ids: ReadonlySet<string>; readonly from: Box; readonly to: Box }
  /** Copies on their way: what they are copied from stays where it is. */
  | { readonly kind: "copy"; readonly ids: ReadonlySet<string>; readonly from: Box; readonly to: Box }
  | { readonly kind: "erase"; readonly ids: ReadonlySet<string> };

export const NOTHING_LIVE: Live = { kind: "none" };

/** What a tool may see and do. */
export interface ToolHost {
  readonly board: Board;
  readonly presence: Presence;
  readonly sender: DraftSender;
  readonly camera: Store<Camera>;
  readonly style: Store<Style>;
  readonly selection: Store<ReadonlySet<string>>;
  readonly live: Store<Live>;
  readonly cursor: Store<string>;
  userName(): string;
  pick(tool: ToolName): void;
  /** Opens the text for typing. `isNew`: it goes without a trace if nothing is typed. */
  editText(id: string, isNew: boolean): void;
}
