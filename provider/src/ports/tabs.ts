import type { Drops, TabLink, TabMessage, Tabs } from "../core/ports.ts";

/** Of the messages: another version's are not for us. */
const version = 1;

/**
 * Other tabs of this browser (same origin, same profile) over a BroadcastChannel named after server and document. The
 * core compares users and generations; here only shapes are checked. Undefined where there are no tabs or no channels.
 */
export function browserTabs(place: { readonly server: string; readonly document: string }, drops: Drops): Tabs | null {
  if (typeof BroadcastChannel === "undefined") return null;
  return {
    open(on: (message: TabMessage) => void): TabLink {
      const channel = new BroadcastChannel(JSON.stringify(["y-webpubsub", place.server, place.document]));
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        const message = messageOf(data);
        if (message === null) drops.drop("foreign-tab");
        else on(message);
      };
      return {
        post({ sender, generation, bytes }: TabMessage): void {
          channel.postMessage({ version, sender, generation, bytes });
        },
        close(): void {
          channel.onmessage = null;
          channel.close();
        },
      };
    },
  };
}

function messageOf(data: unknown): TabMessage | null {
  if (typeof data !== "object" || data === null) return null;
  const fields = new Map<string, unknown>(Object.entries(data));
  const [sender, generation, bytes] = [fields.get("sender"), fields.get("generation"), fields.get("bytes")];
  if (fields.get("version") !== version || typeof sender !== "string" || typeof generation !== "number") return null;
  return bytes instanceof Uint8Array ? { sender, generation, bytes } : null;
}
