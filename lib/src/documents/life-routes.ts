import { unreachable } from "y-webpubsub/core";
import { BackupError, exportDocument, importDocument } from "../history/backup.ts";
import { Problem } from "../problems.ts";
import { type DocumentCall, ifMatch } from "./call.ts";
import { reset } from "./life.ts";
import { documentLimits } from "./limits.ts";
import { presentIn } from "./presence.ts";

export async function deleteDocument(call: DocumentCall): Promise<void> {
  await reset(call, { type: "nothing" }, ifMatch(call.request));
  call.response.status(204).end();
}

/** An empty body: the content stays, everything that led to it goes. Else the Yjs update that it begins anew with. */
export async function postReset(call: DocumentCall): Promise<void> {
  const { bodies, request, response, collab } = call;
  if (!request.is("application/octet-stream")) throw new Problem("content-type-unsupported");
  const update = await bodies.read(request, collab.parts.limits.uploadBytes);
  const next = update.length === 0 ? ({ type: "same" } as const) : ({ type: "update", update } as const);
  response.json({ generation: await reset(call, next, ifMatch(request)) });
}

export async function getPresence(call: DocumentCall): Promise<void> {
  call.response.json({ present: await presentIn(call) });
}

export async function getExport({ collab, response, store, document }: DocumentCall): Promise<void> {
  const parts = exportDocument(store, document, collab.parts.folder);
  try {
    // The first part comes only when there is such a document.
    const first = await parts.next();
    response.set({ "Content-Type": "application/octet-stream" });
    response.set("Content-Disposition", 'attachment; filename="document.ywpsbackup"');
    for (let part = first; !part.done; part = await parts.next()) {
      if (!response.write(part.value)) await drained(response);
      if (response.destroyed) break;
    }
    response.end();
  } catch (error) {
    throw problemOf(error);
  } finally {
    await parts.return();
  }
}

/** A backup goes back under its own name only: whoever may import one document may not write another. */
export async function postImport({ bodies, request, response, store, document }: DocumentCall): Promise<void> {
  if (!request.is("application/octet-stream")) throw new Problem("content-type-unsupported");
  const bytes = await bodies.read(request, documentLimits.importBytesMax);
  const source = (async function* () {
    yield bytes;
  })();
  try {
    const done = await importDocument(store, source, document);
    response.status(201).json({ generation: done.generation });
  } catch (error) {
    throw problemOf(error);
  }
}

function drained(response: DocumentCall["response"]): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve).once("close", resolve);
  });
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof BackupError)) return error;
  switch (error.code) {
    case "document-missing":
      return new Problem("not-found", { what: "the document was never written" });
    case "document-exists":
      return new Problem("document-exists");
    case "backup-invalid":
      return new Problem("backup-invalid");
    case "not-exportable":
      return new Problem("store-failed", { cause: error });
    default:
      throw unreachable(error.code);
  }
}
