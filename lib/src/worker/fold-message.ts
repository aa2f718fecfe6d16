import type { Folded, FoldJob } from "../core/ports.ts";
import type { Performed, Task } from "../history/tasks.ts";

/** What a thread is asked for. */
export type Job = { readonly type: "fold"; readonly job: FoldJob } | { readonly type: "task"; readonly task: Task };

/** What `FoldThread` and its worker say to each other. */
export interface FoldRequest {
  readonly number: number;
  readonly job: Job;
}
export type FoldAnswer =
  /** Once, when the worker has loaded its code. */
  | { readonly type: "ready" }
  | { readonly type: "folded"; readonly number: number; readonly folded: Folded }
  | { readonly type: "performed"; readonly number: number; readonly performed: Performed }
  | { readonly type: "refused"; readonly number: number; readonly reason: string };

/** From this size on moving is cheaper than copying, whose time the event loop waits. */
const movedBytesMin = 65_536;

/** Whether it is moved to the other thread rather than copied: large, and the whole of its buffer. */
export function isMoved(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength && bytes.length >= movedBytesMin;
}
