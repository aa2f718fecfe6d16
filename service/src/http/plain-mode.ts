import { isGroupName } from "../core/names.ts";
import type { PlainMode } from "../core/ports.ts";

/**
 * The mode of a plain client from `webpubsub_mode`, `group` and `noEcho` of its URL, or what is wrong with them. Names and
 * values but the group ignore case, of repeated ones the last counts; `sendEvent` is the default and ignores the others.
 */
export function readPlainMode(query: URLSearchParams, groupNameCharsMax: number): PlainMode | string {
  const mode = (last(query, "webpubsub_mode") ?? "sendEvent").toLowerCase();
  if (mode === "sendevent") return { mode: "sendEvent" };
  if (mode !== "sendtogroup") return "webpubsub_mode must be sendEvent or sendToGroup.";
  const group = last(query, "group") ?? "";
  if (!isGroupName(group, groupNameCharsMax)) return "webpubsub_mode=sendToGroup needs a valid group=<name>.";
  const noEcho = (last(query, "noEcho") ?? "false").toLowerCase();
  if (noEcho !== "true" && noEcho !== "false") return "noEcho must be true or false.";
  return { mode: "sendToGroup", group, noEcho: noEcho === "true" };
}

function last(query: URLSearchParams, name: string): string | undefined {
  return [...query].findLast(([given]) => given.toLowerCase() === name.toLowerCase())?.[1];
}
