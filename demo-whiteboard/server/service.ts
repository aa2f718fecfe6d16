/** The embedded Web PubSub service as a process of its own; run by `start.ts` when there is no connection string. */
import { type EventHandler, startService } from "webpubsub-local";
import { liveAsChild } from "./child.ts";

// Port and key are the parent's: after a restart of this process the clients' addresses and tokens still hold.
await liveAsChild(() =>
  startService({
    port: Number(process.env["SERVICE_PORT"]),
    accessKey: process.env["SERVICE_KEY"] ?? "",
    hubs: { collab: { eventHandlers: eventHandlers(process.env["EVENTS_URL"]) } },
  }),
);

/** The server hears of connections that end, so that the presence of a crashed tab fades at once. */
function eventHandlers(url: string | undefined): readonly EventHandler[] {
  return url === undefined || url === "" ? [] : [{ urlTemplate: url, systemEvents: ["disconnected"] }];
}
