import type { HubEvent } from "./core/ports.ts";
import type { LogLevel } from "./settings/settings.ts";
import type { UpstreamFailure } from "./upstream/http-upstream.ts";

/** What is worth a line. Never holds a token, a key or a payload. */
export type LogLine =
  | HubEvent
  | { readonly type: "listening"; readonly endpoint: string }
  | { readonly type: "upgrade-refused"; readonly status: number; readonly reason: string }
  | ({ readonly type: "event-failed" } & UpstreamFailure)
  /** The settings file has changed. `needRestart` names what it says but what only a new start can bring about. */
  | { readonly type: "settings-changed"; readonly needRestart: readonly string[] }
  /** The settings file cannot be used: what held before holds on. */
  | { readonly type: "settings-refused"; readonly problems: readonly string[] }
  | { readonly type: "fault"; readonly message: string }
  | { readonly type: "stopped" };

export type Log = (line: LogLine) => void;

/** Lines that say that something went wrong, or that other settings hold from here on. */
const errors: ReadonlySet<LogLine["type"]> = new Set(["event-failed", "settings-refused", "settings-changed", "fault"]);

export function wanted(line: LogLine, level: LogLevel): boolean {
  return level === "info" || (level === "error" && errors.has(line.type));
}
