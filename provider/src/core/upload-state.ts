import type { FrozenUpload } from "./frozen-upload.ts";

/** What becomes of the one upload at a time. */
export type UploadState =
  /** Not compared yet, or nobody may upload. */
  | { readonly phase: "closed" }
  | { readonly phase: "resting" }
  | { readonly phase: "sending"; readonly upload: FrozenUpload; readonly abort: AbortController }
  /** The last try failed; the same bytes go again (DU2). */
  | { readonly phase: "failed"; readonly upload: FrozenUpload; readonly problem: string };
