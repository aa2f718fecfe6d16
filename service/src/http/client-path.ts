import { isHubName } from "../core/names.ts";
import type { Refusal } from "./refusal.ts";

/** The hub of `/clients/mqtt/hubs/{hub}`; undefined for all other paths. */
export function mqttHub(path: string): string | Refusal | undefined {
  const inPath = /^\/clients\/mqtt\/hubs\/([^/]+)\/?$/i.exec(path)?.[1];
  return inPath === undefined ? undefined : checkedHub(decodeHub(inPath));
}

/** The hub of `/client/hubs/{hub}` or the older `/client/?hub={hub}`. */
export function clientHub(path: string, query: URLSearchParams): string | Refusal {
  const inPath = /^\/client\/hubs\/([^/]+)\/?$/i.exec(path)?.[1];
  const inQuery = /^\/client\/?$/i.test(path) ? (query.get("hub") ?? "") : undefined;
  if (inPath === undefined && inQuery === undefined) {
    return /^\/clients\/|^\/server\//i.test(path)
      ? { status: 404, reason: "MQTT clients connect to /clients/mqtt/hubs/{hub}. Socket.IO is not offered." }
      : { status: 404, reason: "Clients connect to /client/hubs/{hub}." };
  }
  return checkedHub(inPath === undefined ? inQuery : decodeHub(inPath));
}

function checkedHub(hub: string | undefined): string | Refusal {
  return hub !== undefined && isHubName(hub) ? hub : { status: 400, reason: "The hub name is not valid." };
}

function decodeHub(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // Not percent-encoded text: no hub has this name.
  }
}
