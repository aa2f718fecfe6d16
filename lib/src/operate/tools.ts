import { type CollabServer, createCollabServer } from "../server.ts";
import type { Surroundings } from "./run-command.ts";
import type { Settings } from "./settings.ts";
import { type FullStore, SettingError, storeByUrl } from "./store-url.ts";

/** Nobody is told and nothing is asked there: for what needs the store only. */
const noService = "Endpoint=http://127.0.0.1:9;AccessKey=unused;Version=1.0;";

export interface Tools {
  readonly store: FullStore;
  readonly collab: CollabServer;
}

/**
 * A store that is open, and a server over it that serves nobody, until `use` is done. `live`: editors have to be told,
 * so the service must be known.
 */
export async function withTools<T>(
  settings: Settings,
  { log }: Pick<Surroundings, "log">,
  live: "live" | "store-only",
  use: (tools: Tools) => Promise<T>,
): Promise<T> {
  const { connectionString } = settings;
  if (live === "live" && connectionString === undefined) {
    throw new SettingError(
      "WEBPUBSUB_CONNECTION_STRING is not set, so editors that have the document open could not be told. Copy it from Azure (Keys).",
    );
  }
  const storage = await storeByUrl(settings.store, settings.environment);
  const collab = createCollabServer({
    connectionString: connectionString ?? noService,
    hub: settings.hub,
    storage,
    authorize: () => null,
    log,
  });
  try {
    await collab.ready();
    return await use({ store: storage, collab });
  } finally {
    await collab.close();
  }
}
