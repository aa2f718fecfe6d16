import type { ReloadReason } from "y-webpubsub";
import type { SessionStatus } from "./session.ts";

export interface StatusWords {
  /** good: nothing to do. busy: on its way. warn: kept here, not stored yet. bad: needs the person. */
  readonly tone: "good" | "busy" | "warn" | "bad";
  readonly label: string;
  /** One sentence that says what it means for the person's work. */
  readonly detail: string;
}

/** The one place that turns facts into words. It never says "Saved" unless the server said so. */
export function statusWords(status: SessionStatus, browserOnline: boolean): StatusWords {
  if (status.connection === "refused") {
    return { tone: "bad", label: "No access", detail: "The server refused this board. Ask for a new link." };
  }
  // A lost line is looked for half a minute before it is given up: the browser knows earlier that there is no network.
  const unsavedOffline = !browserOnline && (status.saveState === "saving" || status.saveState === "at-risk");
  if (status.link === "offline" || unsavedOffline) return offlineWords(status, browserOnline);
  if (status.role === "reader") {
    return { tone: "good", label: "Read-only", detail: "You see every change. This link does not allow editing." };
  }
  switch (status.saveState) {
    case "unknown":
      return { tone: "busy", label: "Connecting…", detail: "Loading the board." };
    case "at-risk":
      return {
        tone: "warn",
        label: "Not saved yet",
        detail:
          status.link === "live"
            ? `Server unreachable: live edits go on, ${keptWhere(status)} until the server has them.`
            : `The server does not take changes at the moment. They are ${keptWhere(status)}.`,
      };
    case "saving":
      return { tone: "busy", label: "Saving…", detail: "Your last changes are on their way to the server." };
    case "saved":
      return status.link === "live"
        ? { tone: "good", label: "Saved", detail: "Everything you drew is stored on the server." }
        : { tone: "warn", label: "Saved, slow", detail: "No live connection: changes travel every few seconds." };
  }
}

/** What somebody is told whose board was replaced while they looked at it. */
export function whyAnew(reason: ReloadReason): string {
  switch (reason) {
    case "generation-changed":
      return "This board was deleted or reset. You see what it is now.";
    case "user-changed":
      return "This browser kept somebody else's changes. You see what is stored.";
    default:
      return "A part of this board could not be saved. You see what is stored.";
  }
}

function offlineWords(status: SessionStatus, browserOnline: boolean): StatusWords {
  const kept = `Changes are ${keptWhere(status)} and sent when the connection is back.`;
  const tone = status.unsyncedChanges > 0 ? "warn" : "busy";
  if (!status.everSynced) {
    return browserOnline
      ? { tone, label: "Connecting…", detail: tone === "warn" ? `Loading the board. ${kept}` : "Loading the board." }
      : { tone: "warn", label: "Offline", detail: "The board loads as soon as there is a connection." };
  }
  if (!browserOnline || status.connection === "disconnected") {
    return { tone: "warn", label: "Offline", detail: `You can go on drawing. ${kept}` };
  }
  return { tone, label: "Reconnecting…", detail: kept };
}

function keptWhere({ kept }: SessionStatus): string {
  return kept ? "kept in this browser" : "kept in this tab";
}

/** Would closing the tab lose work? Only then may the browser ask. */
export function wouldLoseWork(status: SessionStatus): boolean {
  return status.role !== "reader" && status.unsyncedChanges > 0 && status.saveState !== "saved";
}
