import { isHubName } from "../core/names.ts";
import type { Refusal } from "./refusal.ts";

/** The hub of `/client/hubs/{hub}` or the older `/client/?hub={hub}`. */
export function clientHub(path: string, query: URLSearchParams): string | Refusal {
  const inPath = /^\/client\/hubs\/([^/]+)\/?$/i.exec(path)?.[1];
  const inQuery = /^\/client\/?$/i.test(path) ? (query.get("hub") ?? "") : undefined;
  if (inPath === undefined && inQuery === undefined) {
    return /^\/clients\/|^\/server\//i.test(path)
      ? { status: 404, reason: "MQTT and Socket.IO are not offered by this version of the service." }
      : { status: 404, reason: "Clients connect to /client/hubs/{hub}." };
  }
  const hub = inPath === undefined ? inQuery : decodeHub(inPath);
  return hub !== undefined && isHubName(hub) ? hub : { status: 400, reason: "The hub name is not valid." };
}

function decodeHub(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // Not percent-encoded text: no hub has this name.
  }
}
